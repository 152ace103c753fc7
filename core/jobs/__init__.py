"""Jobs: long work in the background, written in the business transaction, run after it, with progress.

States  QUEUED -> RUNNING -> DONE | FAILED | CANCELLED; a job whose worker died is queued again
Worker  a process, `flask --app wsgi jobs work`, two where there are two cores; a job survives a restart of server
        and worker. What runs beside the jobs (printing) runs in the first one alone
"""
