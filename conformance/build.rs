//! Writes the table of case files, tables and message templates that the binary carries with it.
//!
//! A conformance run is made on somebody else's machine, where no source folder exists; therefore
//! the suite is part of the binary. A new file needs no line of code: it is found by its place.

use std::io::{Error, Result};
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() -> Result<()> {
    let root = PathBuf::from(variable("CARGO_MANIFEST_DIR")?);
    let mut files = Vec::new();
    for folder in ["cases", "messages", "queries", "rules", "steps", "submissions"] {
        println!("cargo::rerun-if-changed={folder}");
        collect(&root.join(folder), &mut files)?;
    }
    files.sort();
    let mut table = String::from("&[\n");
    for file in &files {
        let name = file.strip_prefix(&root).map_err(Error::other)?;
        table.push_str(&format!(
            "    ({:?}, include_str!({:?})),\n",
            name.to_string_lossy(),
            file.to_string_lossy()
        ));
    }
    table.push(']');
    fs::write(Path::new(&variable("OUT_DIR")?).join("suite.rs"), table)
}

fn variable(name: &str) -> Result<String> {
    env::var(name).map_err(Error::other)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}
