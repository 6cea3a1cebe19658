//! The files of recorded runs.

use std::fs;
use std::os::unix::fs::symlink;

use crate::visit::Service;

#[test]
fn every_file_of_the_manifest_can_be_downloaded_as_it_is() {
    let service = Service::open().ready();
    let run = service.run();
    let directory = &service.world.runs()[0];
    let page = service.get(&format!("/runs/contoso/{run}"));
    let mut names = 0;
    for file in fs::read_dir(directory).unwrap() {
        let file = file.unwrap();
        let name = file.file_name().into_string().unwrap();
        assert!(page.body.contains(&format!("/runs/contoso/{run}/{name}")), "{name}: {page:?}");
        let answer = service.get(&format!("/runs/contoso/{run}/{name}"));
        assert_eq!(answer.status, 200, "{name}");
        assert_eq!(answer.body.as_bytes(), fs::read(file.path()).unwrap(), "{name}");
        let shown = if name == "report.html" { "inline" } else { "attachment" };
        let expected = format!("{shown}; filename=\"contoso-{run}-{name}\"");
        assert_eq!(answer.header("content-disposition"), Some(expected.as_str()));
        names += 1;
    }
    assert!(names > 8, "{names}");
}

#[test]
fn the_report_is_shown_in_a_sandbox_of_its_own_and_with_its_own_policy() {
    let service = Service::open().ready();
    let run = service.run();
    let answer = service.get(&format!("/runs/contoso/{run}/report.html"));
    let policy = answer.header("content-security-policy").unwrap();
    assert!(policy.starts_with("sandbox allow-scripts allow-downloads"), "{policy}");
    assert!(!policy.contains("allow-same-origin") && !policy.contains("allow-top-navigation"), "{policy}");
    assert!(policy.contains("connect-src 'none'") && policy.contains("form-action 'none'"), "{policy}");
    assert!(answer.body.contains("http-equiv=\"Content-Security-Policy\""));
}

#[test]
fn nothing_else_of_this_machine_can_be_had_by_any_name() {
    let service = Service::open().ready();
    let run = service.run();
    let directory = service.world.runs()[0].clone();
    fs::write(directory.join("extra.csv"), "secret").unwrap();
    fs::create_dir_all(service.world.path("reports/other").join(&run)).unwrap();
    fs::copy(
        directory.join("manifest.json"),
        service.world.path("reports/other").join(&run).join("manifest.json"),
    )
    .unwrap();
    for path in [
        format!("/runs/contoso/{run}/extra.csv"),
        format!("/runs/contoso/{run}/.."),
        format!("/runs/contoso/{run}/../../../keysweep.toml"),
        format!("/runs/contoso/{run}/..%2f..%2f..%2fkeysweep.toml"),
        format!("/runs/contoso/{run}/%2e%2e%2fkeysweep.toml"),
        format!("/runs/contoso/{run}/..%5ckeysweep.toml"),
        format!("/runs/contoso/{run}/%00"),
        format!("/runs/contoso/{run}/findings.csv%00.html"),
        format!("/runs/contoso/{run}//etc/passwd"),
        format!("/runs/contoso/{run}/%2fetc%2fpasswd"),
        format!("/runs/contoso/{run}/FINDINGS.CSV"),
        format!("/runs/contoso/%2e%2e%2f{run}/findings.csv"),
        format!("/runs/other/{run}"),
        format!("/runs/other/{run}/manifest.json"),
        format!("/runs/../contoso/{run}/findings.csv"),
        format!("/runs/..%2freports%2fcontoso/{run}/findings.csv"),
        format!("/runs/./{run}/findings.csv"),
        format!("/runs/CONTOSO/{run}/findings.csv"),
        format!("/runs/contoso/.{run}.partial/findings.csv"),
        "/runs/contoso/../../keysweep.toml".to_owned(),
        "/runs/contoso".to_owned(),
        "/runs/".to_owned(),
        "/runs/contoso/%ff/%ff".to_owned(),
    ] {
        let answer = service.get(&path);
        assert!([400, 404].contains(&answer.status), "{path}: {answer:?}");
        assert!(!answer.body.contains("secret") && !answer.body.contains("tenant_id"), "{path}: {answer:?}");
    }
}

#[test]
fn a_file_that_was_changed_or_leads_elsewhere_is_not_served() {
    let service = Service::open().ready();
    let run = service.run();
    let directory = service.world.runs()[0].clone();
    let path = |name: &str| format!("/runs/contoso/{run}/{name}");
    let mut longer = fs::read(directory.join("findings.csv")).unwrap();
    longer.push(b'x');
    fs::write(directory.join("findings.csv"), longer).unwrap();
    assert_eq!(service.get(&path("findings.csv")).status, 409);
    fs::remove_file(directory.join("objects.csv")).unwrap();
    symlink(service.world.path("keysweep.toml"), directory.join("objects.csv")).unwrap();
    assert_eq!(service.get(&path("objects.csv")).status, 404);
    let manifest = fs::read_to_string(directory.join("manifest.json")).unwrap();
    fs::write(directory.join("manifest.json"), manifest.replace("policies.csv", "../../keysweep.toml"))
        .unwrap();
    assert_eq!(service.get(&path("policies.csv")).status, 404, "its manifest names what is elsewhere");
    assert_eq!(service.get(&format!("/runs/contoso/{run}")).status, 404);
}
