//! File names, folders, and files that stay as they are.

use std::os::unix::fs::PermissionsExt;

use super::*;

fn name(unique_id: &str) -> String {
    let mime_type = MimeType::parse("application/pdf").unwrap();
    file_name(&UniqueId::parse(unique_id).unwrap(), &mime_type)
}

#[test]
fn an_oid_is_its_own_name() {
    assert_eq!(name("2.25.17"), "2.25.17.pdf");
    assert_eq!(name("report_1-a"), "report_1-a.pdf");
}

#[test]
fn other_ids_become_names_that_stay_different() {
    for (id, start) in [
        ("urn:uuid:14d4", "urn_uuid_14d4-"),
        ("1.2^3", "1.2_3-"),
        ("../../etc/passwd", "_.._etc_passwd-"),
        ("/etc/passwd", "_etc_passwd-"),
        (".hidden", "hidden-"),
        ("-rf", "rf-"),
        ("..", "-"),
        ("文書", "__-"),
    ] {
        let name = name(id);
        assert!(name.starts_with(start) && name.ends_with(".pdf"), "{id}: {name}");
        assert!(!name.contains('/') && !name.starts_with('.'), "{id}: {name}");
    }
    assert_ne!(name("1.2^3"), name("1.2:3"));
    let long = [name(&"a".repeat(250)), name(&format!("{}b", "a".repeat(249)))];
    assert!(long.iter().all(|name| name.len() < 200));
    assert_ne!(long[0], long[1]);
}

fn memory(text: &str) -> Content {
    Content::Memory(text.as_bytes().to_vec())
}

fn files(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn a_file_is_whole_and_its_owners() {
    let folder = tempfile::tempdir().unwrap();
    let destination = Destination::new(Some(folder.path()), 1, Overwriting::Refused).unwrap();
    let path = folder.path().join("a.pdf");
    destination.place(memory("content"), &path).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "content");
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(files(folder.path()), ["a.pdf"]);
}

#[test]
fn what_exists_is_replaced_by_force_only() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.pdf");
    fs::write(&path, "old").unwrap();
    let (id, pdf) = (UniqueId::parse("a").unwrap(), MimeType::parse("application/pdf").unwrap());
    let careful = Destination::new(Some(folder.path()), 1, Overwriting::Refused).unwrap();
    assert!(matches!(careful.file(&id, &pdf), Err(DestinationError::Exists { .. })));
    // Also if the file came into being after the name was chosen.
    let refused = careful.place(memory("new"), &path);
    assert!(matches!(refused, Err(DestinationError::Exists { .. })));
    assert_eq!(fs::read_to_string(&path).unwrap(), "old");
    assert_eq!(files(folder.path()), ["a.pdf"]);

    let forced = Destination::new(Some(folder.path()), 1, Overwriting::Allowed).unwrap();
    assert_eq!(forced.file(&id, &pdf).unwrap(), path);
    forced.place(memory("new"), &path).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "new");
    assert_eq!(files(folder.path()), ["a.pdf"]);
}

#[test]
fn a_link_that_leads_nowhere_is_in_the_way() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.pdf");
    std::os::unix::fs::symlink(folder.path().join("elsewhere"), &path).unwrap();
    let destination = Destination::new(Some(&path), 1, Overwriting::Refused).unwrap();
    let (id, pdf) = (UniqueId::parse("x").unwrap(), MimeType::parse("application/pdf").unwrap());
    assert!(matches!(destination.file(&id, &pdf), Err(DestinationError::Exists { .. })));
    assert!(matches!(
        destination.place(memory("new"), &path),
        Err(DestinationError::Exists { .. })
    ));
}

#[test]
fn the_output_is_a_file_or_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let new =
        |path: &Path, n_documents| Destination::new(Some(path), n_documents, Overwriting::Refused);
    let file = folder.path().join("a.pdf");
    let destination = new(&file, 1).unwrap();
    assert_eq!(
        (destination.folder(), destination.name.as_deref()),
        (folder.path(), Some(file.as_path()))
    );
    assert_eq!(new(Path::new("a.pdf"), 1).unwrap().folder(), Path::new("."));
    assert_eq!(new(folder.path(), 1).unwrap().name, None);

    let fresh = folder.path().join("fresh/");
    assert_eq!(new(&fresh, 1).unwrap().name, None);
    assert!(fresh.is_dir());
    assert_eq!(new(&folder.path().join("many"), 2).unwrap().name, None);

    fs::write(&file, "").unwrap();
    assert!(matches!(new(&file, 2), Err(DestinationError::NotAFolder { .. })));
    let none = Destination::new(None, 3, Overwriting::Refused).unwrap();
    assert_eq!(none.folder(), Path::new("."));
}

#[test]
fn a_folder_that_is_not_there_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("absent/a.pdf");
    let destination = Destination::new(Some(&path), 1, Overwriting::Refused).unwrap();
    assert!(matches!(destination.place(memory("x"), &path), Err(DestinationError::Write { .. })));
}
