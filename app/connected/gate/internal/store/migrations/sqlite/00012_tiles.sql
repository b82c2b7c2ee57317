-- +goose Up
-- The tree's hashes as tiles (C2SP tlog-tiles): a row holds up to 256 neighbours of a level, and each of the next level
-- is made of 256 of this one. Those between are made when they are asked for.
CREATE TABLE log_tiles (
    level  BIGINT NOT NULL, -- from 0, which are the leaves'
    number BIGINT NOT NULL, -- in its level, from 0
    hashes BYTEA  NOT NULL, -- 32 bytes each
    PRIMARY KEY (level, number)
);
-- Hash i of level l stood where tlog's StoredHashIndex(8 l, i) says: at m + m/2 + m/4 … + 8 l, where m = (i + 1) 256^l - 1.
WITH RECURSIVE
    levels (l) AS (SELECT 0 UNION ALL SELECT l + 1 FROM levels WHERE l < 4),
    ends (l, n) AS (SELECT l, value >> (8 * l) FROM levels, counters WHERE name = 'entries'),
    places (l, n, i) AS (SELECT l, n, 0 FROM ends WHERE n > 0 UNION ALL SELECT l, n, i + 1 FROM places WHERE i + 1 < n),
    leaves (l, i, m) AS (SELECT l, i, ((i + 1) << (8 * l)) - 1 FROM places),
    stood (l, i, id) AS (SELECT l, i, 8 * l + m + (m >> 1) + (m >> 2) + (m >> 3) + (m >> 4) + (m >> 5) + (m >> 6) + (m >> 7) + (m >> 8) + (m >> 9) + (m >> 10)
        + (m >> 11) + (m >> 12) + (m >> 13) + (m >> 14) + (m >> 15) + (m >> 16) + (m >> 17) + (m >> 18) + (m >> 19) + (m >> 20) + (m >> 21) + (m >> 22)
        + (m >> 23) + (m >> 24) + (m >> 25) + (m >> 26) + (m >> 27) + (m >> 28) + (m >> 29) + (m >> 30) + (m >> 31) + (m >> 32) + (m >> 33) + (m >> 34)
        + (m >> 35) + (m >> 36) + (m >> 37) + (m >> 38) + (m >> 39) + (m >> 40) FROM leaves)
INSERT INTO log_tiles (level, number, hashes)
SELECT s.l, s.i >> 8, unhex(group_concat(hex(h.hash), '' ORDER BY s.i)) FROM stood s JOIN log_hashes h ON h.id = s.id GROUP BY s.l, s.i >> 8;
DROP TABLE log_hashes;

-- +goose Down
CREATE TABLE log_hashes (
    id   BIGINT NOT NULL PRIMARY KEY,
    hash BYTEA  NOT NULL
);
DROP TABLE log_tiles;
