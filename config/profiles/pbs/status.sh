#!/bin/sh
# What became of a job of PBS, as Snakemake asks: status.sh JOB prints running, success or failed.
told=$(qstat -x -f "$1" 2> /dev/null) || { echo running; exit; } # a server that is busy: ask again
case $(printf '%s\n' "$told" | sed -n 's/^ *job_state = //p') in
    F | X | C)
        if [ "$(printf '%s\n' "$told" | sed -n 's/^ *Exit_status = //p')" = 0 ]; then echo success; else echo failed; fi ;;
    *) echo running ;;
esac
