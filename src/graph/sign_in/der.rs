//! Just enough DER to tell whose key a certificate holds and from when to when it is good (RFC 5280 §4.1,
//! RFC 5958 §2, RFC 8017 appendix A.1).

use chrono::{DateTime, NaiveDateTime, Utc};

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const OBJECT_IDENTIFIER: u8 = 0x06;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
/// `[0]`: the version of a certificate.
const VERSION: u8 = 0xa0;

/// 1.2.840.113549.1.1.1, `rsaEncryption`.
const RSA: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];

/// What an X.509 certificate says about its key.
#[derive(Debug)]
pub(super) struct Certificate<'a> {
    pub(super) not_before: DateTime<Utc>,
    pub(super) not_after: DateTime<Utc>,
    /// None for a key that is not RSA.
    pub(super) key: Option<RsaPublicKey<'a>>,
}

/// An RSA public key: equal when it is the same key.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct RsaPublicKey<'a> {
    modulus: &'a [u8],
    exponent: &'a [u8],
}

/// A private key in PKCS#8.
pub(super) enum Pkcs8<'a> {
    /// The PKCS#1 structure inside.
    Rsa(&'a [u8]),
    Other,
}

/// Reads a certificate; none when it is not one.
pub(super) fn certificate(der: &[u8]) -> Option<Certificate<'_>> {
    let mut signed = Reader(Reader(der).expect(SEQUENCE)?);
    let mut fields = Reader(signed.expect(SEQUENCE)?);
    fields.skip_if(VERSION);
    fields.expect(INTEGER)?; // serial number
    fields.expect(SEQUENCE)?; // signature algorithm
    fields.expect(SEQUENCE)?; // issuer
    let mut validity = Reader(fields.expect(SEQUENCE)?);
    fields.expect(SEQUENCE)?; // subject
    let mut key_info = Reader(fields.expect(SEQUENCE)?);
    let key = match is_rsa(key_info.expect(SEQUENCE)?)? {
        // The first octet counts the unused bits of the last one: none.
        true => Some(rsa_public_key(key_info.expect(BIT_STRING)?.strip_prefix(&[0])?)?),
        false => None,
    };
    Some(Certificate { not_before: validity.time()?, not_after: validity.time()?, key })
}

/// Reads a private key in PKCS#8; none when it is not one.
pub(super) fn pkcs8(der: &[u8]) -> Option<Pkcs8<'_>> {
    let mut fields = Reader(Reader(der).expect(SEQUENCE)?);
    fields.expect(INTEGER)?; // version
    let rsa = is_rsa(fields.expect(SEQUENCE)?)?;
    let key = fields.expect(OCTET_STRING)?;
    Some(if rsa { Pkcs8::Rsa(key) } else { Pkcs8::Other })
}

/// The public half of a private key in PKCS#1; none when it is not one.
pub(super) fn public_half(pkcs1: &[u8]) -> Option<RsaPublicKey<'_>> {
    let mut fields = Reader(Reader(pkcs1).expect(SEQUENCE)?);
    fields.expect(INTEGER)?; // version
    Some(RsaPublicKey { modulus: fields.expect(INTEGER)?, exponent: fields.expect(INTEGER)? })
}

fn rsa_public_key(der: &[u8]) -> Option<RsaPublicKey<'_>> {
    let mut fields = Reader(Reader(der).expect(SEQUENCE)?);
    Some(RsaPublicKey { modulus: fields.expect(INTEGER)?, exponent: fields.expect(INTEGER)? })
}

fn is_rsa(algorithm: &[u8]) -> Option<bool> {
    Some(Reader(algorithm).expect(OBJECT_IDENTIFIER)? == RSA)
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// The next element's tag and content.
    fn element(&mut self) -> Option<(u8, &'a [u8])> {
        let (&tag, rest) = self.0.split_first()?;
        let (&first, rest) = rest.split_first()?;
        let (length, rest) = match first {
            0..=0x7f => (usize::from(first), rest),
            0x81..=0x84 => {
                let (octets, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
                (octets.iter().fold(0, |length, octet| length << 8 | usize::from(*octet)), rest)
            }
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((tag, content))
    }

    fn expect(&mut self, tag: u8) -> Option<&'a [u8]> {
        self.element().filter(|(found, _)| *found == tag).map(|(_, content)| content)
    }

    fn skip_if(&mut self, tag: u8) {
        if self.0.first() == Some(&tag) {
            self.element();
        }
    }

    fn time(&mut self) -> Option<DateTime<Utc>> {
        let (tag, content) = self.element()?;
        let text = std::str::from_utf8(content).ok()?;
        let text = match tag {
            // RFC 5280 §4.1.2.5.1: two digits from 50 on are of the last century.
            UTC_TIME if text < "50" => format!("20{text}"),
            UTC_TIME => format!("19{text}"),
            GENERALIZED_TIME => text.to_owned(),
            _ => return None,
        };
        NaiveDateTime::parse_from_str(&text, "%Y%m%d%H%M%SZ").ok().map(|time| time.and_utc())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_both_forms() {
        for (tag, text, expected) in [
            (UTC_TIME, "260301000000Z", Some("2026-03-01T00:00:00Z")),
            (UTC_TIME, "491231235959Z", Some("2049-12-31T23:59:59Z")),
            (UTC_TIME, "500101000000Z", Some("1950-01-01T00:00:00Z")),
            (GENERALIZED_TIME, "20500101000000Z", Some("2050-01-01T00:00:00Z")),
            (GENERALIZED_TIME, "99991231235959Z", Some("9999-12-31T23:59:59Z")),
            (UTC_TIME, "261301000000Z", None),
            (INTEGER, "260301000000Z", None),
        ] {
            let mut der = vec![tag, u8::try_from(text.len()).unwrap()];
            der.extend_from_slice(text.as_bytes());
            let expected = expected.map(|text| text.parse::<DateTime<Utc>>().unwrap());
            assert_eq!(Reader(&der).time(), expected, "{text}");
        }
    }

    #[test]
    fn lengths_beyond_the_data_and_of_indefinite_form_are_refused() {
        for der in [
            &[][..],
            &[0x30],
            &[0x30, 2, 0],
            &[0x30, 0x80, 0, 0],
            &[0x30, 0x82, 1],
            &[0x30, 0x85, 0, 0, 0, 0, 1, 9],
        ] {
            assert!(Reader(der).element().is_none(), "{der:?}");
        }
        let mut long = vec![0x04, 0x82, 0x01, 0x00];
        long.extend([7; 256]);
        assert_eq!(Reader(&long).expect(OCTET_STRING).map(<[u8]>::len), Some(256));
    }

    proptest::proptest! {
        #[test]
        fn no_input_upsets_the_reader(der: Vec<u8>) {
            let _ = (certificate(&der).is_some(), pkcs8(&der).is_some(), public_half(&der).is_some());
        }
    }
}
