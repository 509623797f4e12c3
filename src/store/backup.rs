//! Reading every table from one moment, and writing them back: the portable half of a backup.
//!
//! The tables and columns come from the engine's own catalogue, so that a table added later is in the backup
//! without anybody remembering it. They hold texts, whole numbers and bytes only, on both engines, so a backup of
//! one can be restored on the other. The statements are put together from names of the catalogue and from nothing
//! else.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use sqlx::postgres::PgRow;
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{AssertSqlSafe, Connection, Row, SqlSafeStr};

use crate::guard::access::{Access, Operations};

use super::{Db, Inner, Pool, StoreError, Tx};

/// Rows that are read at a time.
const PAGE: i64 = 500;
/// The schema of the key store, where there is one of its own.
const KEY_SCHEMA: &str = "keystore";
/// The column by which a key belongs to a person.
const OWNER: &str = "subject_id";

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// A whole number.
    Number,
    /// Bytes.
    Bytes,
}

impl Kind {
    /// The name in a backup.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Number => "number",
            Self::Bytes => "bytes",
        }
    }

    /// Reads the type that a migration gave the column.
    fn declared(name: &str) -> Option<Self> {
        match name.to_ascii_uppercase().as_str() {
            "TEXT" => Some(Self::Text),
            "BIGINT" => Some(Self::Number),
            "BYTEA" => Some(Self::Bytes),
            _ => None,
        }
    }
}

/// One value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// None.
    Null,
    /// Text.
    Text(String),
    /// A whole number.
    Number(i64),
    /// Bytes.
    Bytes(Vec<u8>),
}

/// A table with its columns, in the order in which tables can be filled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    schema: String,
    name: String,
    columns: Vec<(String, Kind)>,
}

impl Table {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its columns.
    #[must_use]
    pub fn columns(&self) -> &[(String, Kind)] {
        &self.columns
    }

    /// Whether it belongs to the key store, and so to the other backup.
    #[must_use]
    pub fn holds_keys(&self) -> bool {
        self.schema == KEY_SCHEMA
    }

    fn full(&self) -> String {
        if self.schema.is_empty() { self.name.clone() } else { format!("{}.{}", self.schema, self.name) }
    }

    fn list(&self) -> String {
        self.columns.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ")
    }

    fn owner(&self) -> Option<usize> {
        self.columns.iter().position(|(name, _)| name == OWNER)
    }
}

/// All tables as they were at one moment.
pub struct Snapshot {
    tx: Tx,
    tables: Vec<Table>,
}

fn name_is_plain(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

/// A table after those that it points at.
fn in_order(mut tables: Vec<Table>, links: &[(String, String)]) -> Result<Vec<Table>, StoreError> {
    let mut placed: BTreeSet<String> = BTreeSet::new();
    let mut out = Vec::with_capacity(tables.len());
    while !tables.is_empty() {
        let next = tables.iter().position(|table| {
            links
                .iter()
                .filter(|(from, to)| *from == table.name && to != from)
                .all(|(_, to)| placed.contains(to) || !tables.iter().any(|other| other.name == *to))
        });
        let Some(next) = next else { return Err(StoreError::Damaged("tables that point at each other")) };
        let table = tables.remove(next);
        placed.insert(table.name.clone());
        out.push(table);
    }
    Ok(out)
}

macro_rules! cells {
    ($name:ident, $row:ty) => {
        fn $name(row: &$row, skip: usize, columns: &[(String, Kind)]) -> Result<Vec<Cell>, StoreError> {
            columns
                .iter()
                .enumerate()
                .map(|(at, (_, kind))| {
                    Ok(match kind {
                        Kind::Text => {
                            row.try_get::<Option<String>, _>(at + skip)?.map_or(Cell::Null, Cell::Text)
                        }
                        Kind::Number => {
                            row.try_get::<Option<i64>, _>(at + skip)?.map_or(Cell::Null, Cell::Number)
                        }
                        Kind::Bytes => {
                            row.try_get::<Option<Vec<u8>>, _>(at + skip)?.map_or(Cell::Null, Cell::Bytes)
                        }
                    })
                })
                .collect()
        }
    };
}
cells!(sqlite_cells, SqliteRow);
cells!(postgres_cells, PgRow);

impl Snapshot {
    /// The tables of data, or those of the key store, in the order in which they can be filled.
    #[must_use]
    pub fn tables(&self, keys: bool) -> Vec<Table> {
        self.tables.iter().filter(|table| table.holds_keys() == keys).cloned().collect()
    }

    /// Hands every row of a table to `each`, and says how many there were.
    ///
    /// # Errors
    /// When the engine or `each` cannot.
    pub async fn rows<E: From<StoreError>>(
        &mut self,
        table: &Table,
        mut each: impl FnMut(&[Cell]) -> Result<(), E>,
    ) -> Result<u64, E> {
        let (full, list) = (table.full(), table.list());
        let mut count = 0;
        match &mut self.tx.inner {
            Inner::Sqlite(tx) => {
                let sql =
                    format!("SELECT rowid, {list} FROM {full} WHERE rowid > $1 ORDER BY rowid LIMIT {PAGE}");
                let mut after = i64::MIN;
                loop {
                    let rows = sqlx::query(AssertSqlSafe(sql.clone()))
                        .bind(after)
                        .fetch_all(&mut **tx)
                        .await
                        .map_err(StoreError::from)?;
                    let Some(last) = rows.last() else { return Ok(count) };
                    after = last.try_get(0).map_err(StoreError::from)?;
                    for row in &rows {
                        each(&sqlite_cells(row, 1, &table.columns)?)?;
                        count += 1;
                    }
                }
            }
            Inner::Postgres(tx) => {
                // A cursor of its own name: what is fetched has other columns for each table.
                let cursor = format!("backup_{}", table.name);
                let open = format!("DECLARE {cursor} NO SCROLL CURSOR FOR SELECT {list} FROM {full}");
                let run = |sql: String| sqlx::query(AssertSqlSafe(sql)).persistent(false);
                run(open).execute(&mut **tx).await.map_err(StoreError::from)?;
                loop {
                    let rows = run(format!("FETCH {PAGE} FROM {cursor}"))
                        .fetch_all(&mut **tx)
                        .await
                        .map_err(StoreError::from)?;
                    if rows.is_empty() {
                        run(format!("CLOSE {cursor}")).execute(&mut **tx).await.map_err(StoreError::from)?;
                        return Ok(count);
                    }
                    for row in &rows {
                        each(&postgres_cells(row, 0, &table.columns)?)?;
                        count += 1;
                    }
                }
            }
        }
    }
}

impl Tx {
    /// Empties every table but those of the key store, the ones that point at others first.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn empty(&mut self, _access: &Access<Operations>, tables: &[Table]) -> Result<(), StoreError> {
        for table in tables.iter().rev() {
            let sql = format!("DELETE FROM {}", table.full());
            in_tx!(self, c => sqlx::query(AssertSqlSafe(sql).into_sql_str()).execute(c).await.map(|_| ()))?;
        }
        Ok(())
    }

    /// Writes one row back. A row of the key store that is there already is left as it is, because a key never
    /// changes back.
    ///
    /// # Errors
    /// When the row does not have the table's columns, or the engine cannot.
    pub async fn put_row(
        &mut self,
        _access: &Access<Operations>,
        table: &Table,
        row: Vec<Cell>,
    ) -> Result<(), StoreError> {
        if row.len() != table.columns.len() {
            return Err(StoreError::Damaged("a row of the backup"));
        }
        let places: Vec<String> = (1..=row.len()).map(|n| format!("${n}")).collect();
        let twice = if table.holds_keys() { " ON CONFLICT DO NOTHING" } else { "" };
        let sql =
            format!("INSERT INTO {} ({}) VALUES ({}){twice}", table.full(), table.list(), places.join(", "));
        in_tx!(self, c => {
            let mut query = sqlx::query(AssertSqlSafe(sql).into_sql_str());
            for (cell, (_, kind)) in row.into_iter().zip(&table.columns) {
                query = match (cell, kind) {
                    (Cell::Text(text), Kind::Text) => query.bind(text),
                    (Cell::Number(number), Kind::Number) => query.bind(number),
                    (Cell::Bytes(bytes), Kind::Bytes) => query.bind(bytes),
                    (Cell::Null, Kind::Text) => query.bind(None::<String>),
                    (Cell::Null, Kind::Number) => query.bind(None::<i64>),
                    (Cell::Null, Kind::Bytes) => query.bind(None::<Vec<u8>>),
                    _ => return Err(StoreError::Damaged("a value of the backup")),
                };
            }
            query.execute(c).await.map(|_| ())
        })?;
        Ok(())
    }
}

/// Makes an empty key store beside a database that has lost its own, for a key backup to be restored into. One
/// that is there is left as it is.
///
/// # Errors
/// When it cannot be made.
pub async fn make_key_store(database: &Path) -> Result<(), StoreError> {
    let file = database.with_file_name("keys").join("keystore.sqlite");
    if file.exists() {
        return Ok(());
    }
    let failed = |e: std::io::Error| StoreError::Open(file.display().to_string(), e.to_string());
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(&file).map_err(failed)?;
    let mut connection = SqliteConnection::connect("sqlite::memory:").await?;
    super::keystore::attach(&mut connection, file.clone()).await?;
    sqlx::raw_sql(super::keystore::TABLES).execute(&mut connection).await?;
    connection.close().await?;
    Ok(())
}

impl Db {
    /// Which table points at which.
    pub(super) async fn references(&self) -> Result<Vec<(String, String)>, StoreError> {
        const LITE: &str = "SELECT m.name, f.\"table\" FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f WHERE m.type = 'table'";
        const PG: &str = "SELECT f.relname::text, t.relname::text FROM pg_constraint c JOIN pg_class f ON f.oid = c.conrelid JOIN pg_class t ON t.oid = c.confrelid WHERE c.contype = 'f' AND c.connamespace = current_schema()::regnamespace";
        Ok(match &*self.pool {
            Pool::Sqlite(pool) => sqlx::query_as(LITE).fetch_all(pool).await?,
            Pool::Postgres(pool) => sqlx::query_as(PG).fetch_all(pool).await?,
        })
    }

    /// Every table with its columns, in the order in which they can be filled.
    ///
    /// # Errors
    /// When the catalogue cannot be read, or names a table or type that this version does not know.
    pub async fn tables(&self) -> Result<Vec<Table>, StoreError> {
        const PG: &str = "SELECT table_schema::text, table_name::text, column_name::text, data_type::text FROM information_schema.columns WHERE table_schema IN (current_schema(), 'keystore') AND table_name NOT LIKE '\\_sqlx%' ORDER BY table_schema, table_name, ordinal_position";
        let rows: Vec<(String, String, String, String)> = match &*self.pool {
            Pool::Sqlite(pool) => {
                let schemas: Vec<(String,)> =
                    sqlx::query_as("SELECT name FROM pragma_database_list WHERE name <> 'temp'")
                        .fetch_all(pool)
                        .await?;
                let mut all = Vec::new();
                for (schema,) in schemas.into_iter().filter(|(schema,)| name_is_plain(schema)) {
                    let sql = format!(
                        "SELECT '{schema}', m.name, p.name, p.type FROM {schema}.sqlite_master m JOIN pragma_table_info(m.name, '{schema}') p WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND m.name NOT LIKE '\\_sqlx%' ESCAPE '\\' ORDER BY m.name, p.cid"
                    );
                    let rows: Vec<(String, String, String, String)> =
                        sqlx::query_as(AssertSqlSafe(sql)).fetch_all(pool).await?;
                    all.extend(rows);
                }
                all
            }
            Pool::Postgres(pool) => sqlx::query_as(PG).fetch_all(pool).await?,
        };
        let mut tables: BTreeMap<(bool, String), Table> = BTreeMap::new();
        for (schema, name, column, kind) in rows {
            if ![&schema, &name, &column].into_iter().all(|text| name_is_plain(text)) {
                return Err(StoreError::Damaged("the name of a table"));
            }
            let kind = match kind.as_str() {
                "bigint" => Some(Kind::Number),
                other => Kind::declared(other),
            };
            let kind = kind.ok_or(StoreError::Damaged("the type of a column"))?;
            let own = schema == KEY_SCHEMA;
            let schema = if own { schema } else { String::new() };
            tables
                .entry((own, name.clone()))
                .or_insert_with(|| Table { schema, name, columns: Vec::new() })
                .columns
                .push((column, kind));
        }
        in_order(tables.into_values().collect(), &self.references().await?)
    }

    /// Everything as it is at this moment, while others go on writing. The data is looked at before the key
    /// store: a key is made before what it seals, so nothing sealed is without its key.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn snapshot(&self, _access: &Access<Operations>) -> Result<Snapshot, StoreError> {
        let tables = self.tables().await?;
        let inner = match &*self.pool {
            Pool::Sqlite(pool) => Inner::Sqlite(pool.begin().await?),
            Pool::Postgres(pool) => {
                Inner::Postgres(pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?)
            }
        };
        let kit = std::sync::Arc::clone(&self.kit);
        let mut tx = Tx { inner, kit, events: Vec::new(), sequencer: None, turn: None };
        // On SQLite the moment is that of the first read.
        in_tx!(tx, c => sqlx::query("SELECT size FROM audit_head WHERE id = 1").fetch_optional(c).await
            .map(|_| ()))?;
        Ok(Snapshot { tx, tables })
    }

    /// The migrations that this database has seen: number and checksum.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn migrations(&self) -> Result<Vec<(i64, String)>, StoreError> {
        const SEEN: &str = "SELECT version, checksum FROM _sqlx_migrations WHERE success ORDER BY version";
        let rows: Vec<(i64, Vec<u8>)> = on_pool!(self, c => sqlx::query_as(SEEN).fetch_all(c).await)?;
        Ok(rows.into_iter().map(|(version, sum)| (version, hex::encode(sum))).collect())
    }

    /// Whether anybody has used this database: an application, an account or an entry of the log.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn is_used(&self) -> Result<bool, StoreError> {
        const COUNT: &str = "SELECT (SELECT COUNT(*) FROM applications) + (SELECT COUNT(*) FROM staff) + (SELECT COUNT(*) FROM audit_entries)";
        let (count,): (i64,) = on_pool!(self, c => sqlx::query_as(COUNT).fetch_one(c).await)?;
        Ok(count > 0)
    }

    /// Takes out of the key store what belongs to nobody in the data: those who were erased since the key backup
    /// was made, or came in after the data backup.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn drop_strange_keys(&self, _access: &Access<Operations>) -> Result<u64, StoreError> {
        let mut gone = 0;
        for table in self.tables().await?.iter().filter(|table| table.holds_keys() && table.owner().is_some())
        {
            let sql = format!("DELETE FROM {} WHERE {OWNER} NOT IN (SELECT id FROM subjects)", table.full());
            gone += on_pool!(self, c => sqlx::query(AssertSqlSafe(sql).into_sql_str()).execute(c).await
                .map(|done| done.rows_affected()))?;
        }
        Ok(gone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(name: &str) -> Table {
        Table { schema: String::new(), name: name.into(), columns: Vec::new() }
    }

    #[test]
    fn a_table_comes_after_those_it_points_at_and_a_ring_is_refused() {
        let link = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        let links = [link("marks", "applications"), link("applications", "subjects"), link("staff", "staff")];
        let tables = ["marks", "staff", "applications", "subjects"].map(table).to_vec();
        let names: Vec<String> =
            in_order(tables, &links).unwrap().iter().map(|table| table.name.clone()).collect();
        let at = |name: &str| names.iter().position(|n| n == name).unwrap();
        assert!(at("subjects") < at("applications") && at("applications") < at("marks"));
        assert_eq!(names.len(), 4);
        let ring = [link("a", "b"), link("b", "a")];
        assert!(in_order(["a", "b"].map(table).to_vec(), &ring).is_err());
    }

    #[test]
    fn keys_are_told_from_data() {
        assert!(!table("applications").holds_keys());
        let apart = Table { schema: KEY_SCHEMA.into(), ..table("anything") };
        assert!(apart.holds_keys());
        assert_eq!(apart.full(), "keystore.anything");
    }
}
