-- Who is signed in, on which browser. It holds a secret that is not kept here, only digests of it.
CREATE TABLE sign_in (
    key TEXT PRIMARY KEY,
    person TEXT NOT NULL,
    proof TEXT NOT NULL,
    until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sign_in_person ON sign_in (person, until);
CREATE INDEX sign_in_until ON sign_in (until);
