from linexp import run_lock, write_errors


def alone(execute):
    """`workflow.execute`, but only where no other run is at work in the folder, and what it makes can be written."""

    def execute_alone(*args, **kwargs):
        dry = kwargs["executor_plugin"].common_settings.dryrun_exec
        if workflow.execution_settings.lock and not dry:
            try:
                write_errors.check_folder(run_lock.FOLDER)
                write_errors.check_folder(Path("results"))
                run_lock.begin_run()
            except (LinexpError, OSError) as error:
                stop(error)
        return execute(*args, **kwargs)

    return execute_alone


# jobs on a cluster read the Snakefile too: they are part of a run. A dry run, --summary and the like execute nothing
if workflow.is_main_process:
    workflow.execute = alone(workflow.execute)
