using WorkerManagement.Cli;
using WorkerManagement.Posix;

StandardStreams.OpenThoseClosed();
return TooFewFiles.Refused() ? ExitCodes.Usage : await new CommandLine().RunAsync(args);
