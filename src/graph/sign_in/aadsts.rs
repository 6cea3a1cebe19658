//! The error codes of Entra sign-in, and what to do about the common ones
//! (Microsoft's page "Microsoft Entra authentication and authorization error codes").

/// The first code in a text: the number after `AADSTS`.
pub(super) fn code(text: &str) -> Option<u32> {
    text.split("AADSTS").skip(1).find_map(|after| {
        let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().ok()
    })
}

/// What to do about a code, one sentence.
pub(super) fn advice(code: u32) -> String {
    match remedy(code) {
        Some(remedy) => remedy.to_owned(),
        None => format!("Look the code up at https://login.microsoftonline.com/error?code={code}."),
    }
}

fn remedy(code: u32) -> Option<&'static str> {
    Some(match code {
        7_000_215 => {
            "Store the secret's value, not its id, in `secret_file` or `secret_env`, and make sure it belongs to `client_id`; better, sign in with a certificate."
        }
        7_000_222 => {
            "The client secret has expired: create a new one, or better, sign in with a certificate."
        }
        7_000_112 => "The application is disabled in this tenant: enable its enterprise application.",
        7_000_229 => {
            "The application has no service principal in this tenant: grant admin consent, or run `az ad sp create --id` with the client id."
        }
        700_016 => {
            "Check that `client_id` is the application's client id (not its object id), and that `tenant_id` and `cloud` are those it is registered in."
        }
        90_002 | 900_023 | 50_128 => {
            "Check `tenant_id` (the tenant's GUID), and that `cloud` is the cloud the tenant lives in."
        }
        700_027 | 50_013 => {
            "Upload this certificate to the app registration (Certificates & secrets), and check that `certificate_file` is the one that is there."
        }
        1_000_502 => {
            "The certificate has expired or is not valid yet: create a new one and upload it to the app registration."
        }
        700_024 => "Set the clock of this machine: the assertion's times are not acceptable to Entra.",
        700_023 => "The assertion was made for another authority: check `cloud` and `authority_url`.",
        700_211 => {
            "No federated credential has this issuer: make the issuer of the app registration's federated credential equal to the `iss` of the token in `token_file`."
        }
        700_212 => {
            "No federated credential has this audience: make the token in `token_file` be issued for `api://AzureADTokenExchange`, or what the federated credential says."
        }
        700_213 | 70_021 => {
            "No federated credential matches: make issuer, subject and audience of the app registration's federated credential equal to those of the token in `token_file`."
        }
        70_025 => {
            "The app registration has no federated credential: add one for the issuer and subject of the token in `token_file`."
        }
        70_011 | 1_002_012 => {
            "Check `graph_url`: the token is asked for its root, which has to be the Graph root of the tenant's cloud."
        }
        500_011 => {
            "Check `graph_url` and `cloud`: this tenant does not know the Graph root the token is asked for."
        }
        53_003 => {
            "A Conditional Access policy blocks this sign-in: have the policy for workload identities allow this place, or run Keysweep from an allowed one."
        }
        50_034 => {
            "The signed-in user does not exist in this tenant: run `az login --tenant` with the tenant's id."
        }
        50_076 | 50_079 | 50_173 | 70_043 | 700_082 | 700_084 => {
            "The Azure CLI's sign-in is no longer enough: run `az login --tenant` with the tenant's id."
        }
        50_196 => {
            "Entra stopped a loop of sign-ins: wait five minutes, and check that only one Keysweep is running."
        }
        90_033 | 90_055 => "Entra is busy for the moment: try again in a few minutes.",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_code_of_a_text_counts() {
        for (text, expected) in [
            ("AADSTS7000215: Invalid client secret", Some(7_000_215)),
            ("ERROR: AADSTS50076: x, see AADSTS1", Some(50_076)),
            ("AADSTS: then AADSTS90002.", Some(90_002)),
            ("AADSTS99999999999: too long", None),
            ("no code", None),
            ("", None),
        ] {
            assert_eq!(code(text), expected, "{text}");
        }
    }

    #[test]
    fn a_code_without_a_remedy_says_where_to_look_it_up() {
        assert_eq!(advice(1), "Look the code up at https://login.microsoftonline.com/error?code=1.");
        assert!(advice(700_016).contains("`client_id`"));
    }
}
