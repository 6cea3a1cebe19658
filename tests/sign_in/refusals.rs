//! What the operator is told when there is no token.

use std::time::Duration;

use keysweep::graph::sign_in::SignInError;
use reqwest::Url;
use tokio::net::TcpListener;

use crate::authority::{Answer, Authority, json};
use crate::support::{bearer, secret, tenant, tokens, told};

const SECRET: &str = "the secret that nobody may see";

/// Signs in at an authority that always answers this.
async fn refused(answer: Answer) -> (SignInError, usize) {
    let authority = Authority::start(move |_| answer.clone()).await;
    let error = bearer(&authority, secret(SECRET)).await.unwrap_err();
    let shown = format!("{}{error:?}", told(&error));
    assert!(!shown.contains(SECRET), "{shown}");
    assert!(shown.contains("127.0.0.1"), "the authority is not named: {shown}");
    (error, authority.asked())
}

#[tokio::test]
async fn a_wrong_secret_reaches_the_operator_with_code_and_remedy() {
    // As Entra writes it, with line breaks and quotes inside the JSON string.
    let body = r#"{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app \"bbbbbbbb-0000-4000-8000-000000000002\".\r\nTrace ID: 0f0f0f0f-1111-2222-3333-444444444444\r\nCorrelation ID: 5\r\nTimestamp: 2026-03-01 06:00:00Z","error_codes":[7000215],"timestamp":"2026-03-01 06:00:00Z","trace_id":"0f0f0f0f-1111-2222-3333-444444444444","correlation_id":"5","error_uri":"https://login.microsoftonline.com/error?code=7000215"}"#;
    let (error, asked) = refused(json(401, body.to_owned())).await;
    let told = told(&error);
    assert!(told.contains("refused the sign-in: AADSTS7000215: Invalid client secret provided."), "{told}");
    assert!(told.contains(r#"app "bbbbbbbb-0000-4000-8000-000000000002""#), "{told}");
    assert!(told.contains("(trace id 0f0f0f0f-1111-2222-3333-444444444444)"), "{told}");
    assert!(told.contains("not its id, in `secret_file`"), "{told}");
    assert!(!told.contains("Correlation") && !told.contains('\r'), "{told}");
    assert_eq!(asked, 1, "a refusal is final");
}

#[tokio::test]
async fn every_common_code_comes_with_its_remedy() {
    for (code, remedy) in [
        (7_000_215, "`secret_file`"),
        (7_000_222, "has expired"),
        (7_000_229, "admin consent"),
        (700_016, "`client_id`"),
        (700_027, "Upload this certificate"),
        (700_024, "Set the clock"),
        (700_211, "issuer"),
        (700_212, "audience"),
        (700_213, "federated credential"),
        (70_021, "federated credential"),
        (70_011, "`graph_url`"),
        (1_002_012, "`graph_url`"),
        (500_011, "`graph_url`"),
        (90_002, "`tenant_id`"),
        (900_023, "`tenant_id`"),
        (53_003, "Conditional Access"),
        (50_034, "az login"),
        (50_196, "loop"),
        (90_033, "a few minutes"),
        (123_456, "error?code=123456"),
    ] {
        let description = format!("AADSTS{code}: Because.\\r\\nTrace ID: 1");
        let body = format!(r#"{{"error":"invalid_request","error_description":"{description}"}}"#);
        let (error, _) = refused(json(400, body)).await;
        let told = told(&error);
        assert!(told.contains(&format!("AADSTS{code}: Because.\n")), "{told}");
        assert!(told.contains(remedy), "{told}");
    }
}

#[tokio::test]
async fn an_answer_that_is_not_an_authoritys_is_described() {
    let html = |status| {
        (
            status,
            vec![("content-type", "text/html; charset=utf-8".to_owned())],
            "<html>Log in to the guest network</html>".to_owned(),
        )
    };
    let moved = |target: &str| (302, vec![("location", target.to_owned())], String::new());
    for (answer, said) in [
        (html(200), "a web page (status 200)"),
        (html(403), "a web page (status 403)"),
        (moved("https://portal.example/login?token=x"), "a redirect to `portal.example` (status 302)"),
        (moved("/elsewhere"), "a redirect to `itself` (status 302)"),
        ((200, vec![], String::new()), "an answer without a type (status 200)"),
        (
            (404, vec![("content-type", "text/plain".to_owned())], "no".to_owned()),
            "an answer of type `text/plain` (status 404)",
        ),
        ((200, vec![], " ".repeat(300_000)), "more than 256 KiB"),
    ] {
        let (error, asked) = refused(answer).await;
        let told = told(&error);
        assert!(matches!(error, SignInError::Strange { .. }), "{told}");
        assert!(told.contains(&format!("answered a request to sign in with {said}\n")), "{told}");
        assert!(told.contains("captive portal"), "{told}");
        assert_eq!(asked, 1, "{told}");
    }
}

#[tokio::test]
async fn an_answer_without_a_token_is_no_token() {
    for body in ["{}", r#"{"access_token":""}"#, r#"{"token_type":"Bearer","expires_in":3599}"#] {
        let authority = Authority::start(move |_| json(200, body.to_owned())).await;
        let error = bearer(&authority, secret(SECRET)).await.unwrap_err();
        assert!(matches!(error, SignInError::NoToken), "{body}: {error:?}");
    }
}

#[tokio::test]
async fn a_token_that_is_valid_for_ages_or_was_never_is_none() {
    for seconds in ["253402300800", "1000000000000", "-1", "-1000000000000000000", "31622401"] {
        let body = format!(r#"{{"token_type":"Bearer","expires_in":{seconds},"access_token":"t"}}"#);
        let authority = Authority::start(move |_| json(200, body.clone())).await;
        let error = bearer(&authority, secret(SECRET)).await.unwrap_err();
        assert!(matches!(error, SignInError::Strange { .. }), "{seconds}: {error:?}");
        assert!(told(&error).contains(&format!("valid for {seconds} seconds")), "{}", told(&error));
    }
}

#[tokio::test]
async fn an_authority_in_trouble_is_asked_three_times_and_not_waited_for_long() {
    let busy = json(503, r#"{"error":"temporarily_unavailable"}"#.to_owned());
    let (error, asked) = refused(busy.clone()).await;
    assert!(matches!(error, SignInError::Unavailable { status: 503, .. }), "{error:?}");
    assert_eq!(asked, 3);

    let (status, mut headers, body) = busy;
    headers.push(("retry-after", "60".to_owned()));
    let (error, asked) = refused((status, headers, body)).await;
    assert!(matches!(error, SignInError::Unavailable { status: 503, .. }), "{error:?}");
    assert_eq!(asked, 1, "a minute is too long to wait");

    let coded =
        r#"{"error":"temporarily_unavailable","error_description":"AADSTS90033: A transient error."}"#;
    let (error, asked) = refused(json(503, coded.to_owned())).await;
    assert!(told(&error).contains("AADSTS90033: A transient error."), "{error}");
    assert_eq!(asked, 3);
}

#[tokio::test]
async fn an_authority_that_recovers_is_no_error() {
    let count = std::sync::atomic::AtomicUsize::new(0);
    let authority =
        Authority::start(move |_| match count.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
            0 => (502, vec![], String::new()),
            _ => crate::authority::token("at last"),
        })
        .await;
    assert_eq!(bearer(&authority, secret(SECRET)).await.unwrap().secret(), "at last");
}

/// Bounds a test that would otherwise hang; what is asserted is the error.
async fn soon<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(30), work).await.expect("no outcome within 30 s")
}

#[tokio::test]
async fn a_refused_connection_names_the_authority() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let nowhere = Url::parse(&format!("https://{address}/")).unwrap();
    let error = soon(tokens(&tenant(&nowhere, None, secret(SECRET))).unwrap().bearer()).await.unwrap_err();
    let told = told(&error);
    assert!(matches!(error, SignInError::Unreachable { .. }), "{told}");
    assert!(told.contains(&format!("`{address}` cannot be reached: Connection refused")), "{told}");
    assert!(told.contains("`HTTPS_PROXY`"), "{told}");
}

#[tokio::test]
async fn a_connection_that_breaks_off_names_the_authority() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            drop(listener.accept().await);
        }
    });
    let nowhere = Url::parse(&format!("https://{address}/")).unwrap();
    let error = soon(tokens(&tenant(&nowhere, None, secret(SECRET))).unwrap().bearer()).await.unwrap_err();
    assert!(matches!(error, SignInError::Unreachable { .. }), "{error:?}");
    assert!(told(&error).contains(&address.to_string()), "{error}");
}

#[tokio::test]
async fn an_authority_that_is_not_trusted_leads_to_the_ca_file() {
    let authority = Authority::start(|_| crate::authority::token("never")).await;
    let without = tenant(&authority.url, None, secret(SECRET));
    let error = tokens(&without).unwrap().bearer().await.unwrap_err();
    let said = told(&error);
    assert!(matches!(error, SignInError::Untrusted { ca_file: None, .. }), "{said}");
    assert!(said.contains("UnknownIssuer") && said.contains("in `ca_file`"), "{said}");

    let other = Authority::start(|_| crate::authority::token("never")).await;
    let wrong = tenant(&authority.url, Some(&other.ca_file), secret(SECRET));
    let error = tokens(&wrong).unwrap().bearer().await.unwrap_err();
    let said = told(&error);
    assert!(said.contains(&format!("`ca_file` `{}`", other.ca_file.display())), "{said}");
    assert_eq!(authority.asked(), 0);
}
