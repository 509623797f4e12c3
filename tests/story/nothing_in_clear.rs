//! Personal text is never stored in clear: every byte of the data folder and every column of the
//! database is searched for it.

use sqlx::{Connection, Row};

use crate::fixture::{Engine, on_both};

const NAME: &str = "Zebrafia Quistgaardsson";
const LETTER: &str = "Zebrafia Quistgaardsson grew xylophones in Vemmenhög and led a marmaladeproject. \
    Write to zebrafia.quistgaardsson@example.com or call 070-174 06 17. Personnummer 19900118-9811.";

on_both! {
    async fn no_byte_at_rest_holds_what_the_applicant_wrote(site) {
        let made = site.apply(NAME, LETTER, &["helsingborg-digitalisering"]).await;
        site.score().await;
        let recruiter = site.staff(urval::subject::role::Role::Recruiter, "helsingborg").await;
        recruiter.get(&format!("/arbete/ansokningar/{}", site.id_of(&made.label).await)).await;
        let wanted: Vec<String> = ["Zebrafia", "Quistgaard", "xylophone", "marmalade", "19900118", "test.person@example", "0701740617", "174 06 17", made.code.as_str()]
            .iter().map(|s| s.to_lowercase()).collect();
        let hits = |bytes: &[u8]| -> Vec<String> {
            let text = String::from_utf8_lossy(bytes).to_lowercase();
            let spread: String = bytes.iter().filter(|b| **b != 0).map(|b| char::from(*b)).collect::<String>().to_lowercase();
            wanted.iter().filter(|w| text.contains(w.as_str()) || spread.contains(w.as_str())).cloned().collect()
        };
        // The search finds what it looks for.
        assert_eq!(hits(b"...xylophones...").len(), 1);
        assert_eq!(hits("m\0a\0r\0m\0a\0l\0a\0d\0e\0".as_bytes()).len(), 1);
        let mut searched = 0u64;
        let mut folders = vec![site.folder.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("the folder") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let bytes = std::fs::read(&path).expect("a file");
                searched += bytes.len() as u64;
                assert_eq!(hits(&bytes), Vec::<String>::new(), "{}", path.display());
            }
        }
        if site.engine == Engine::Postgres {
            let url = site.postgres.clone().expect("an address");
            let mut connection = sqlx::PgConnection::connect(&url).await.expect("PostgreSQL");
            let tables: Vec<(String,)> = sqlx::query_as(
                "SELECT quote_ident(table_schema) || '.' || quote_ident(table_name) FROM information_schema.tables \
                 WHERE table_schema IN (current_schema(), 'keystore')",
            ).fetch_all(&mut connection).await.expect("tables");
            for (table,) in tables {
                let sql = sqlx::AssertSqlSafe(format!("SELECT row_to_json(t)::text FROM {table} t"));
                for row in sqlx::query(sql).fetch_all(&mut connection).await.expect("rows") {
                    let text: String = row.get(0);
                    // bytea prints as \x…: look at the bytes themselves too.
                    let raw: Vec<u8> = text.split("\\\\x").skip(1)
                        .flat_map(|part| hex::decode(part.split('"').next().unwrap_or_default()).unwrap_or_default()).collect();
                    searched += (text.len() + raw.len()) as u64;
                    assert_eq!(hits(text.as_bytes()), Vec::<String>::new(), "{table}");
                    assert_eq!(hits(&raw), Vec::<String>::new(), "{table}");
                }
            }
        }
        crate::fixture::figures("story::nothing_in_clear", searched, &serde_json::json!({ "bytes_searched": searched, "hits": 0 }));
    }
}
