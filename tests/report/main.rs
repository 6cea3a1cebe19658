//! Reports, from an assessment to the bytes of the files.

#[cfg(test)]
mod csv_files;
#[cfg(test)]
mod fixture;
#[cfg(test)]
mod json_files;
#[cfg(test)]
mod output;
#[cfg(test)]
mod rows;
#[cfg(test)]
mod sentences;
