//! The tables. Another version is no reason to migrate: the catalogue is made again.

/// Version of the tables, and of what entries are made of: a change of either makes the catalogue anew.
pub(crate) const VERSION: i64 = 11;

/// `id` orders kits by when they came: seconds since 1970 in the upper bits; an entry that is put anew keeps it. `keys` has everything that a
/// thing is found by; `facet_counts` counts the newest kits; `words` holds what a search reads, and as `marks` one word for each facet.
pub(crate) const TABLES: &str = "
CREATE TABLE kits (
  id INTEGER PRIMARY KEY, repository TEXT NOT NULL, digest TEXT NOT NULL, pushed INTEGER NOT NULL,
  size INTEGER NOT NULL, artifact_type TEXT NOT NULL, title TEXT, description TEXT, version TEXT,
  parameters INTEGER, problem TEXT, trust TEXT NOT NULL, tagged INTEGER NOT NULL DEFAULT 0, newest INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX kits_by_name ON kits (repository, digest);
CREATE INDEX kits_by_digest ON kits (digest);
CREATE INDEX kits_newest ON kits (newest, id);
CREATE INDEX kits_unread ON kits (repository, digest) WHERE problem IS NOT NULL;
CREATE TABLE things (
  kit INTEGER NOT NULL, at INTEGER NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, version TEXT,
  names TEXT NOT NULL, versions TEXT NOT NULL, purl TEXT, path TEXT, digests TEXT NOT NULL, licences TEXT NOT NULL, known INTEGER NOT NULL,
  source TEXT NOT NULL, PRIMARY KEY (kit, at)
) WITHOUT ROWID;
CREATE TABLE keys (
  key TEXT NOT NULL, kit INTEGER NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (key, kit, at)
) WITHOUT ROWID;
CREATE INDEX keys_by_kit ON keys (kit);
CREATE TABLE ties (
  kit INTEGER NOT NULL, \"from\" INTEGER NOT NULL, \"to\" INTEGER NOT NULL, kind TEXT NOT NULL,
  role TEXT, known INTEGER NOT NULL, source TEXT NOT NULL
);
CREATE INDEX ties_by_end ON ties (kit, \"to\");
CREATE TABLE facets (
  facet TEXT NOT NULL, value TEXT NOT NULL, kit INTEGER NOT NULL, PRIMARY KEY (facet, value, kit)
) WITHOUT ROWID;
CREATE INDEX facets_by_kit ON facets (kit);
CREATE TABLE facet_counts (
  facet TEXT NOT NULL, value TEXT NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (facet, value)
) WITHOUT ROWID;
CREATE INDEX facet_counts_by_count ON facet_counts (facet, count DESC, value);
CREATE TABLE notes (
  kit INTEGER NOT NULL, rule TEXT NOT NULL, severity INTEGER NOT NULL, file TEXT NOT NULL,
  place TEXT NOT NULL, message TEXT NOT NULL
);
CREATE INDEX notes_by_kit ON notes (kit);
CREATE INDEX notes_by_rule ON notes (rule);
CREATE TABLE code (
  kit INTEGER NOT NULL, file TEXT NOT NULL, what TEXT NOT NULL, name TEXT NOT NULL,
  place TEXT NOT NULL, known INTEGER NOT NULL
);
CREATE INDEX code_by_kit ON code (kit);
CREATE TABLE signers (
  kit INTEGER NOT NULL, name TEXT NOT NULL, statement TEXT NOT NULL, verified INTEGER NOT NULL
);
CREATE INDEX signers_by_kit ON signers (kit);
CREATE INDEX signers_by_name ON signers (name);
CREATE TABLE tags (
  repository TEXT NOT NULL, tag TEXT NOT NULL, digest TEXT NOT NULL, PRIMARY KEY (repository, tag)
) WITHOUT ROWID;
CREATE INDEX tags_by_digest ON tags (repository, digest);
CREATE TABLE jobs (
  id INTEGER PRIMARY KEY AUTOINCREMENT, repository TEXT NOT NULL, digest TEXT NOT NULL,
  pushed INTEGER NOT NULL, due INTEGER NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, problem TEXT,
  owner TEXT GENERATED ALWAYS AS (substr(repository, 1, instr(repository || '/', '/') - 1)) VIRTUAL,
  UNIQUE (repository, digest)
);
CREATE INDEX jobs_by_owner ON jobs (owner, due, pushed, repository, digest);
CREATE INDEX jobs_by_due ON jobs (due, pushed, repository, digest);
CREATE TABLE hosts (host TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE tensor_files (
  id INTEGER PRIMARY KEY, repository TEXT NOT NULL, layer TEXT NOT NULL, start INTEGER NOT NULL,
  size INTEGER NOT NULL, state INTEGER NOT NULL, UNIQUE (repository, layer, start, size)
);
CREATE TABLE tensor_kits (
  kit INTEGER NOT NULL, file INTEGER NOT NULL, path TEXT NOT NULL, PRIMARY KEY (kit, file, path)
) WITHOUT ROWID;
CREATE INDEX tensor_kits_by_file ON tensor_kits (file);
CREATE TABLE tensor_digests (
  file INTEGER NOT NULL, start INTEGER NOT NULL, size INTEGER NOT NULL, name TEXT NOT NULL,
  digest TEXT NOT NULL, PRIMARY KEY (file, start, size, name)
) WITHOUT ROWID;
CREATE INDEX tensor_digests_by_digest ON tensor_digests (digest);
CREATE TABLE tensor_jobs (
  id INTEGER PRIMARY KEY AUTOINCREMENT, repository TEXT NOT NULL, digest TEXT NOT NULL,
  due INTEGER NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, UNIQUE (repository, digest)
);
CREATE TABLE packed (kit INTEGER PRIMARY KEY, whole INTEGER NOT NULL, formats TEXT NOT NULL);
CREATE TABLE packed_tensors (
  kit INTEGER NOT NULL, path TEXT NOT NULL, name TEXT NOT NULL, dtype TEXT NOT NULL,
  shape TEXT NOT NULL, bytes INTEGER NOT NULL, digest TEXT, layer TEXT
);
CREATE INDEX packed_tensors_by_kit ON packed_tensors (kit);
CREATE INDEX packed_tensors_by_digest ON packed_tensors (digest);
CREATE INDEX tensor_jobs_by_due ON tensor_jobs (due, id);
CREATE VIRTUAL TABLE words USING fts5(text, marks, tokenize = 'unicode61 remove_diacritics 2');
";
