"""What a job needs around its work: one run at a time, threads, a log, progress, errors in one line."""
