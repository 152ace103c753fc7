"""Backup: a consistent copy while the server runs, its proof, and the way back.

Words   backup 备份, restore 恢复, verify 校验
A file  is a zip: `manifest.json` (schema revision, moment, engine, and per table the number of
        rows and their SHA-256) and `tables/NAME.jsonl`, one JSON array per row in the order of the
        manifest's columns. It holds the whole database, attachments included; it does not hold
        the settings and the secret key. It is the same from SQLite and from PostgreSQL, so it
        is also how a factory moves from the one to the other.
Create  reads all tables in one snapshot: nobody waits for it.
Verify  restores into a scratch database of the same engine and reads that back.
Restore is one transaction: all of the backup, or all stays as it was.
"""
