using WorkerManagement.Guard;
using WorkerManagement.Posix;

// Both roles need their signals blocked in every thread, and the runtime has started threads before this line. So the
// program blocks them and executes itself once more: the mask is inherited through exec.
if (GuardArguments.TryParse(args) is not { } arguments)
{
    Output.Write(2, GuardArguments.Usage);
    return 2;
}

try
{
    if (!arguments.Masked)
    {
        Signals.Block(
            Signals.Hangup, Signals.Interrupt, Signals.Quit, Signals.Terminate, Signals.Child, Signals.Pipe,
            10, 12, 14, 20, 21, 22, 24, 25, 26, 28, 29);
        ProcessControl.Execute(Output.OwnProgram, (arguments with { Masked = true }).ToList(Output.OwnProgram));
    }

    // There is nothing to flush, and the runtime's own way out takes seconds with these signals blocked.
    ProcessControl.ExitNow(arguments.Role == "keeper" ? Keeper.Run(arguments) : GuardProcess.Run(arguments));
    return 0;
}
catch (PosixException exception)
{
    // Standard output is read by the manager until the guard is ready; after that the log is what is left to say it. Whatever
    // else is thrown ends the process too, and in each case the other guardian ends every worker.
    Output.Write(1, $"error {exception.Message}\n");
    Output.Log($"the {arguments.Role} cannot go on: {exception.Message}");
    ProcessControl.ExitNow(1);
    return 1;
}
