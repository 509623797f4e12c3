//! How much of anything is read. The units are in the names.

/// The bounds of one uploaded file. A file beyond one of them is refused with the bound named; no
/// reader cuts a text short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a file.
    pub file_bytes_max: usize,
    /// Applicants in a table, the header not counted.
    pub csv_rows_max: usize,
    /// Columns in a table.
    pub csv_columns_max: usize,
    /// Characters of a letter, a CV or an answer.
    pub section_chars_max: usize,
    /// Characters of a name, an address or another known field.
    pub field_chars_max: usize,
    /// Brackets within brackets in JSON.
    pub json_levels_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file_bytes_max: 5 * 1024 * 1024,
            csv_rows_max: 2_000,
            csv_columns_max: 200,
            section_chars_max: 100_000,
            field_chars_max: 1_000,
            json_levels_max: 32,
        }
    }
}
