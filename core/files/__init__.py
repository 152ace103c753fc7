"""Files: attachments, kept in the database and served as downloads, never as pages."""
