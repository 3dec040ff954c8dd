using WorkerManagement.Cli;

return TooFewFiles.Refused() ? ExitCodes.Usage : await new CommandLine().RunAsync(args);
