using System.Buffers.Binary;
using System.Runtime.InteropServices;
using WorkerManagement.Posix;
using WorkerManagement.Tests;

namespace EndToEnd.Tests;

/// <summary>The packages as a stranger uses them: from a feed, in a fresh project, built and published.</summary>
public sealed class PackageTests : IDisposable
{
    private const string Project = """
        <Project Sdk="Microsoft.NET.Sdk">
          <PropertyGroup>
            <OutputType>Exe</OutputType>
            <TargetFramework>net10.0</TargetFramework>
            <ImplicitUsings>enable</ImplicitUsings>
            <Nullable>enable</Nullable>
            <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
          </PropertyGroup>
          <ItemGroup>
            <PackageReference Include="WorkerManagement" Version="*" />
          </ItemGroup>
        </Project>
        """;

    private const string Program = """
        using WorkerManagement;

        await using var manager = new WorkerManager(new() { StateDirectory = args[0] });
        var worker = await manager.StartWorkerAsync(new WorkerSpec { Name = "a", Command = ["sleep", "1000"] });
        Console.WriteLine($"{worker.Name} is {worker.State}");
        Console.WriteLine((await manager.StopAllWorkersAsync()).Message);
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("package-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_fresh_project_gets_the_guard_with_the_package_and_runs()
    {
        foreach (var package in (string[])["WorkerManagement.Protocol", "WorkerManagement.Posix", "WorkerManagement"])
        {
            await DotnetAsync(Checkout.Root, "pack", $"src/{package}", "-c", Configuration, "--no-build", "-o", Path.Combine(_folder, "feed"));
        }

        var project = Directory.CreateDirectory(Path.Combine(_folder, "consumer")).FullName;
        await File.WriteAllTextAsync(Path.Combine(project, "consumer.csproj"), Project, Cancel);
        await File.WriteAllTextAsync(Path.Combine(project, "Program.cs"), Program, Cancel);

        // The machine's own sources stay: the logging abstractions come from there. The packages are unpacked here, not in the user's cache.
        await DotnetAsync(project, "publish", "-c", "Release", "-o", "out", $"-p:RestoreAdditionalProjectSources={Path.Combine(_folder, "feed")}", $"-p:RestorePackagesPath={Path.Combine(_folder, "packages")}");
        foreach (var place in (string[])["out", "bin/Release/net10.0"])
        {
            foreach (var guard in (string[])["guard/workers-guard", OtherGuard])
            {
                File.GetUnixFileMode(Path.Combine(project, place, guard)).HasFlag(UnixFileMode.OtherExecute).ShouldBeTrue($"{place}/{guard} can be executed by everybody");
            }
        }

        MachineOf(Path.Combine(project, "out", OtherGuard)).ShouldNotBe(MachineOf(Path.Combine(project, "out", "guard/workers-guard")));

        Directory.EnumerateFiles(Path.Combine(_folder, "packages", "workermanagement"), "WorkerManagement.xml", SearchOption.AllDirectories).ShouldHaveSingleItem("what the editor shows of each member");
        var (code, output) = await Executable.RunAsync(Path.Combine(project, "out", "consumer"), Path.Combine(_folder, "state"));
        output.ShouldBe("a is Running\nStopped 1 workers");
        code.ShouldBe(0);
    }

    [Fact]
    public async Task The_how_to_for_a_server_is_a_program_that_runs()
    {
        foreach (var package in (string[])["WorkerManagement.Protocol", "WorkerManagement.Posix", "WorkerManagement", "WorkerManagement.Hosting", "WorkerManagement.Api"])
        {
            await DotnetAsync(Checkout.Root, "pack", $"src/{package}", "-c", Configuration, "--no-build", "-o", Path.Combine(_folder, "feed"));
        }

        // What the reader copies, with a directory and a program that are here.
        var page = await File.ReadAllTextAsync(Path.Combine(Checkout.Root, "docs/how-to/host-a-worker.md"), Cancel);
        var program = page.Split("```csharp\n")[1].Split("```")[0]
            .Replace("/var/lib/shop/workers", Path.Combine(_folder, "state"), StringComparison.Ordinal)
            .Replace("\"/opt/shop/thumbnails\", \"--queue\", \"/var/lib/shop/queue\"", "\"sleep\", \"1000\"", StringComparison.Ordinal);
        program.ShouldContain("\"sleep\", \"1000\"");
        var project = Directory.CreateDirectory(Path.Combine(_folder, "server")).FullName;
        await File.WriteAllTextAsync(Path.Combine(project, "server.csproj"), Project.Replace("Microsoft.NET.Sdk", "Microsoft.NET.Sdk.Web", StringComparison.Ordinal).Replace("\"WorkerManagement\"", "\"WorkerManagement.Api\"", StringComparison.Ordinal), Cancel);
        await File.WriteAllTextAsync(Path.Combine(project, "Program.cs"), program, Cancel);
        await DotnetAsync(project, "publish", "-c", "Release", "-o", "out", $"-p:RestoreAdditionalProjectSources={Path.Combine(_folder, "feed")}", $"-p:RestorePackagesPath={Path.Combine(_folder, "packages")}");

        await using var server = Executable.Start(Path.Combine(project, "out", "server"), "--urls", "http://127.0.0.1:0");
        using var http = new HttpClient { BaseAddress = new((await server.LineAsync("Now listening on: ")).Split("Now listening on: ")[1]) };
        using var status = System.Text.Json.JsonDocument.Parse(await http.GetStringAsync(new Uri("/workers/v1/workers/thumbnails", UriKind.Relative), Cancel));
        status.RootElement.GetProperty("alive").GetBoolean().ShouldBeTrue();
        using var worker = PidFd.TryOpen(status.RootElement.GetProperty("pid").GetInt32()).ShouldNotBeNull();
        (await server.SignalAsync(15)).ShouldBe(0, server.All);
        worker.HasEnded.ShouldBeTrue();
    }

    // For the architecture that this machine is not: linked here it cannot be, so it is framework-dependent.
    private static string OtherGuard => $"guard/linux-{(RuntimeInformation.ProcessArchitecture is Architecture.Arm64 ? "x64" : "arm64")}/workers-guard";

    // e_machine of the ELF header, elf(5).
    private static ushort MachineOf(string program) => BinaryPrimitives.ReadUInt16LittleEndian(File.ReadAllBytes(program).AsSpan(18));

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static string Configuration => Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));

    private async Task DotnetAsync(string directory, params string[] arguments)
    {
        var (code, output) = await Executable.RunSdkAsync(directory, _folder, arguments);
        code.ShouldBe(0, output);
    }
}
