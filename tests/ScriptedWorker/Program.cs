using System.Runtime.CompilerServices;
using ScriptedWorker;

// Any worker that we fear, one a verb. Each announces all its processes to the witness, says "up" and stays.
if (args is not [var verb, .. var rest])
{
    Native.Write(2, "usage: ScriptedWorker VERB [ARGUMENT]; the verbs are in Program.cs\n"u8);
    return 2;
}

// Compiled as it runs (no linker was at hand), it would share the memory of its code with what it forks, for W^X maps that twice: a
// child that compiles writes into its parent's. The runtime reads this from the environment only.
const string sharedCode = "DOTNET_EnableWriteXorExecute";
if (RuntimeFeature.IsDynamicCodeSupported && Environment.GetEnvironmentVariable(sharedCode) != "0")
{
    Native.ExecuteAgain(sharedCode, "0", args);
}

// What the runtime set is not what a plain program has.
Native.Default(Native.Terminate);
Native.Default(Native.Interrupt);
Native.Default(Native.Hangup);
var family = Family.FromEnvironment();
switch (verb)
{
    case "plain":
        break;
    case "child-in-group":
        family.Fork(child => child.Stay());
        break;
    case "child-in-session":
        family.Fork(child => InSession(child, stubborn: false));
        break;
    case "daemon":
        family.Fork(child => Family.ForkAway(() =>
        {
            Native.setsid();
            Family.ForkAway(() => child.BecomeAnother("daemon"));
        }));
        break;
    case "ignores-signals":
        Native.Ignore(Native.Terminate, Native.Interrupt, Native.Hangup);
        break;
    case "leader-ignores":
        Native.Ignore(Native.Terminate);
        family.Fork(child => InSession(child, stubborn: true));
        break;
    case "blocks-signals":
        Native.BlockEverything();
        break;
    case "stopped":
        family.Announce();
        Family.Up();
        Native.raise(Native.Stop);
        Native.SleepForEver();
        break;
    case "many-children":
        for (var i = 0; i < 50; i++)
        {
            family.Fork(child => child.Stay());
        }

        break;
    case "closes-descriptors":
        Native.Ignore(Native.Terminate);
        family.Announce();
        Family.Up();
        Native.CloseEverything();
        Native.SleepForEver();
        break;
    case "leader-goes":
        // Ends by SIGTERM, as it should; what it leaves does not.
        family.Fork(child => InSession(child, stubborn: true));
        break;
    case "leader-went":
        family.Fork(child => InSession(child, stubborn: true));
        family.Announce();
        return 0;
    case "holds-output":
        family.Fork(child => Family.ForkAway(() => InSession(child, stubborn: true)));
        break;
    case "another-name":
        family.Fork(child =>
        {
            Native.setsid();
            Native.Ignore(Native.Terminate);
            child.BecomeAnother("another-name");
        });
        break;
    case "subreaper":
        Native.BecomeSubreaper();
        family.Fork(child => Family.ForkAway(() => InSession(child, stubborn: true)));
        break;
    case "forks-without-end":
        ForkWithoutEnd(family);
        break;
    case "comets":
        for (var i = 0; i < 4; i++)
        {
            family.Fork(child =>
            {
                child.LetParentGo();
                Comet.Fly(rest[0]);
            });
        }

        break;
    default:
        Native.Write(2, "there is no such verb\n"u8);
        return 2;
}

family.Announce();
Family.Up();
Native.SleepForEver();
return 0;

static void InSession(Family child, bool stubborn)
{
    Native.setsid();
    if (stubborn)
    {
        Native.Ignore(Native.Terminate);
    }

    child.Stay();
}

static void ForkWithoutEnd(Family family)
{
    // The kernel reaps for it.
    Native.Ignore(Native.Child);
    family.Announce();
    Family.Up();
    while (true)
    {
        if (Native.fork() == 0)
        {
            Native.setsid();
            Native.Sleep(2);
            Native._exit(0);
        }

        Native.Sleep(1);
    }
}
