"""Jobs: long work in the background, written in the business transaction, run after it, with progress.

States  QUEUED -> RUNNING -> DONE | FAILED | CANCELLED; a job whose worker died is queued again
Worker  one process, `flask --app wsgi jobs work`; a job survives a restart of server and worker
"""
