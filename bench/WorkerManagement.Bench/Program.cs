using WorkerManagement.Bench;
using WorkerManagement.Bench.Scenarios;

// One executable in several roles: the bench itself, and (as "host") the process with the manager that is measured.
if (args is ["host", var stateDirectory, var containment])
{
    await Host.RunAsync(stateDirectory, containment);
    return 0;
}

// A runtime that does nothing: what it does all the same is not the product's.
if (args is ["nothing"])
{
    Host.DoNothing();
    return 0;
}

if (Arguments.TryParse(args) is not { } chosen)
{
    await Console.Error.WriteLineAsync(Arguments.Usage);
    return 2;
}

if (!File.Exists(Machine.Limit))
{
    await Console.Error.WriteLineAsync($"'{Machine.Limit}' is missing: nothing to compare with; install gcc or clang and build again");
    return 2;
}

using var leaving = new Leaving();
var findings = new List<Finding>();
try
{
    foreach (var found in Scenario.Run(chosen, leaving.Token))
    {
        findings.Add(found);
        await Console.Error.WriteLineAsync(Table.Line(found));
    }
}
catch (OperationCanceledException)
{
    await Console.Error.WriteLineAsync("interrupted; everything that was started is gone");
    return 1;
}
catch (InvalidOperationException exception)
{
    await Console.Error.WriteLineAsync($"the measurement broke off: {exception.Message}");
    return 1;
}

Console.Write(chosen.Json ? Table.Json(findings) : Table.Text(findings));
return findings.Any(found => found.Holds is false) ? 1 : 0;
