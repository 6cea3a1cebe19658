//! Reports, from an assessment to the bytes of the files.

#[cfg(test)]
mod aside;
#[cfg(test)]
mod changes;
#[cfg(test)]
mod csv_files;
#[cfg(test)]
mod diary;
#[cfg(test)]
#[path = "../support/draft.rs"]
mod draft;
#[cfg(test)]
mod fixture;
#[cfg(test)]
mod frameworks;
#[cfg(test)]
mod json_files;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod manifests;
#[cfg(test)]
mod ocsf;
#[cfg(test)]
#[path = "../support/ocsf.rs"]
mod ocsf_schema;
#[cfg(test)]
mod output;
#[cfg(test)]
mod remedy;
#[cfg(test)]
mod rows;
#[cfg(test)]
mod sentences;
#[cfg(test)]
mod sequences;
#[cfg(test)]
mod standing;
