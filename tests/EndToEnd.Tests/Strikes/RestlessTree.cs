namespace EndToEnd.Tests.Strikes;

/// <summary>A tree of source files under somebody's hands: every step of it follows from the seed.</summary>
internal sealed class RestlessTree(string root, int seed)
{
    private readonly Random _random = new(seed);
    private readonly List<string> _files = [];
    private int _made;

    /// <summary>Makes that many files.</summary>
    public void Grow(int files)
    {
        for (var i = 0; i < files; i++)
        {
            Add();
        }
    }

    /// <summary>Changes that many files, most of them edited, the rest added, deleted, renamed, or moved with their directory.</summary>
    public void Change(int times)
    {
        for (var i = 0; i < times; i++)
        {
            ChangeOne();
        }
    }

    /// <summary>Goes on changing it, a little at a time, until cancelled.</summary>
    public async Task ChangeAsync(CancellationToken until)
    {
        // The pace of a fast writer; nothing is waited for.
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(15));
        try
        {
            while (await pace.WaitForNextTickAsync(until))
            {
                ChangeOne();
            }
        }
        catch (OperationCanceledException)
        {
            // Done.
        }
    }

    private void ChangeOne()
    {
        var file = _files[_random.Next(_files.Count)];
        switch (_random.Next(20))
        {
            case < 3:
                Add();
                break;
            case < 5 when _files.Count > 50:
                File.Delete(Path.Combine(root, file));
                _files.Remove(file);
                break;
            case < 7:
                var renamed = Name(Path.GetExtension(file));
                Move(() => File.Move(Path.Combine(root, file), Path.Combine(root, renamed)), file, renamed);
                break;
            case 7:
                var (from, to) = (Path.GetDirectoryName(file)!, $"m{_made++}");
                Move(() => Directory.Move(Path.Combine(root, from), Path.Combine(root, to)), from + "/", to + "/");
                break;
            default:
                File.WriteAllText(Path.Combine(root, file), Text(file));
                break;
        }
    }

    private void Move(Action move, string from, string to)
    {
        move();
        for (var i = 0; i < _files.Count; i++)
        {
            if (_files[i].StartsWith(from, StringComparison.Ordinal))
            {
                _files[i] = to + _files[i][from.Length..];
            }
        }
    }

    private void Add()
    {
        var name = Name((string[])[".cs", ".py", ".txt"] is var kinds ? kinds[_random.Next(3)] : "");
        File.WriteAllText(Path.Combine(root, name), Text(name));
        _files.Add(name);
    }

    private string Name(string extension)
    {
        var directory = $"d{_random.Next(9)}";
        Directory.CreateDirectory(Path.Combine(root, directory));
        return $"{directory}/f{_made++}{extension}";
    }

    // Some texts stand in several files: their chunks share a vector.
    private string Text(string name)
    {
        var number = _random.Next(500);
        return Path.GetExtension(name) switch
        {
            ".cs" => $"using System;\nnamespace N{number % 7};\n/// <summary>Counts {number}.</summary>\npublic class C{number} : B{number % 11}\n{{\n"
                + string.Concat(Enumerable.Range(0, 2 + number % 6).Select(i => $"    public int M{i}(int a) => a > {i} ? M{(i + 1) % 2}(a - 1) : word{number * i};\n")) + "}\n",
            ".py" => $"import os\nclass P{number}:\n" + string.Concat(Enumerable.Range(0, 2 + number % 6).Select(i => $"    def m{i}(self, a):\n        return a + word{number * i}\n")),
            _ => string.Concat(Enumerable.Range(0, 10 + number % 90).Select(line => $"line {line} of {number} says word{number * line}\n")),
        };
    }
}
