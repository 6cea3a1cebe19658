//! The evidence chain: manifests written and read back.

use keysweep::domain::{ChainLink, RunId, Sha256Sum};
use keysweep::report::{FileFacts, ManifestError, manifest_sum, read_manifest, sha256};
use serde_json::{Value, json};

use super::fixture::{TENANT, at, header, report};
use super::output::{file, files};

/// As version 0.1.0 wrote it before the chain.
const OLD: &str = r#"{
  "schema_version": 1,
  "tenant": "contoso",
  "tenant_id": "00000000-0000-0000-0000-000000007777",
  "run_id": "20261116T060000Z-2",
  "keysweep_version": "0.1.0",
  "complete": true,
  "files": {
    "findings.csv": {
      "sha256": "fe26c59e91ac8de694b2531dc3bdc1b7faf471d3d7e4e00870af60f5f22897cb",
      "bytes": 15
    }
  }
}
"#;

fn previous() -> ChainLink {
    ChainLink { run_id: RunId::new(at("2026-11-16T06:00:00Z"), 2), manifest: sha256(OLD.as_bytes()) }
}

#[test]
fn a_manifest_names_the_run_before_and_is_read_back() {
    for previous in [None, Some(previous())] {
        let mut report = report();
        report.previous = previous.clone();
        let files = files(&report, true);
        let ((_, manifest), others) = files.split_last().unwrap();
        let listed: Vec<_> = files.iter().map(|(file, _)| file.clone()).collect();
        assert_eq!(manifest_sum(&listed), sha256(manifest));
        let facts = read_manifest(manifest).unwrap();
        assert_eq!(facts.previous, previous);
        assert_eq!((facts.tenant.as_str(), facts.tenant_id, facts.complete), ("contoso", TENANT, false));
        assert_eq!((facts.run_id, facts.started), (header().run_id, at("2026-11-23T06:00:00Z")));
        let mut expected: Vec<_> = others
            .iter()
            .map(|(file, bytes)| FileFacts {
                name: file.name.to_owned(),
                sha256: sha256(bytes),
                bytes: bytes.len() as u64,
            })
            .collect();
        expected.sort_by(|a, b| a.name.cmp(&b.name));
        assert_eq!(facts.files, expected);
    }
}

#[test]
fn the_chain_hangs_on_every_byte_before() {
    let mut report = report();
    report.previous = Some(previous());
    let manifest = file(&report, "manifest.json", true);
    let json: Value = serde_json::from_slice(&manifest).unwrap();
    let link = json!({ "run_id": "20261116T060000Z-2", "manifest_sha256": previous().manifest.to_string() });
    assert_eq!((&json["previous"], &json["started"]), (&link, &json!("2026-11-23T06:00:00Z")));
    let other = ChainLink { manifest: Sha256Sum([0; 32]), ..previous() };
    report.previous = Some(other);
    assert_ne!(sha256(&file(&report, "manifest.json", true)), sha256(&manifest));
}

#[test]
fn a_manifest_from_before_the_chain_is_read() {
    let facts = read_manifest(OLD.as_bytes()).unwrap();
    assert_eq!(facts.previous, None);
    assert_eq!(facts.started, at("2026-11-16T06:00:00Z"));
    assert_eq!((facts.files.len(), facts.files[0].bytes), (1, 15));
    assert_eq!(facts.files[0].sha256, sha256(b"<!doctype html>"));
}

/// The old manifest with one member changed.
fn with(pointer: &str, value: Value) -> Vec<u8> {
    let mut json: Value = serde_json::from_str(OLD).unwrap();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    json.pointer_mut(parent).unwrap()[name] = value;
    serde_json::to_vec(&json).unwrap()
}

#[test]
fn what_is_no_manifest_is_refused() {
    let entry =
        json!({ "sha256": "fe26c59e91ac8de694b2531dc3bdc1b7faf471d3d7e4e00870af60f5f22897cb", "bytes": 1 });
    for name in
        ["../../etc/passwd", "/etc/passwd", "..", ".hidden", "", "a/b", "a\\b", "nul\0", "manifest.json"]
    {
        let escaped = json!({ name: entry });
        let error = read_manifest(&with("/files", escaped)).unwrap_err();
        assert!(matches!(error, ManifestError::Value { member: "files", .. }), "{name}: {error}");
    }
    for (pointer, value, member) in [
        ("/run_id", json!("../x"), "run_id"),
        ("/previous", json!({ "run_id": "yesterday", "manifest_sha256": "0".repeat(64) }), "previous.run_id"),
        (
            "/previous",
            json!({ "run_id": "20261116T060000Z", "manifest_sha256": "é".repeat(32) }),
            "previous.manifest_sha256",
        ),
    ] {
        let error = read_manifest(&with(pointer, value)).unwrap_err();
        assert!(matches!(&error, ManifestError::Value { member: found, .. } if *found == member), "{error}");
    }
    assert!(matches!(read_manifest(&with("/schema_version", json!(2))), Err(ManifestError::Newer(2))));
    for bytes in
        [&b""[..], b"{}", b"null", b"\xff", &with("/files", json!([])), &with("/complete", json!("yes"))]
    {
        assert!(matches!(read_manifest(bytes), Err(ManifestError::Shape(_))));
    }
}
