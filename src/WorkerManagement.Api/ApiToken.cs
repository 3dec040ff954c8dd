using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace WorkerManagement.Api;

/// <summary>The secret that who comes over TCP must show: a file that only its owner reads, kept across restarts.</summary>
internal sealed class ApiToken
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly byte[] _hash;

    private ApiToken(string token) => _hash = SHA256.HashData(Encoding.UTF8.GetBytes(token));

    /// <summary>The token in the file; a new one when there is no file.</summary>
    /// <exception cref="WorkerManagementException">Others may read the file, or it holds no token.</exception>
    public static ApiToken ReadOrMake(string path)
    {
        try
        {
            using var made = new FileStream(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnerOnly });
            var token = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
            made.Write(Encoding.ASCII.GetBytes(token + "\n"));
            return new(token);
        }
        catch (IOException) when (File.Exists(path))
        {
            var mode = File.GetUnixFileMode(path);
            if ((mode & ~OwnerOnly) != 0)
            {
                throw new WorkerManagementException($"the token in '{path}' can be read by others (mode {Convert.ToString((int)mode, 8)}); remove the file, and the next start makes a new one");
            }

            var token = File.ReadAllText(path).Trim();
            return token.Length >= 32 ? new(token) : throw new WorkerManagementException($"'{path}' holds no token; remove the file, and the next start makes one");
        }
    }

    /// <summary>In a time that says nothing of the token.</summary>
    public bool Is(string shown) => CryptographicOperations.FixedTimeEquals(_hash, SHA256.HashData(Encoding.UTF8.GetBytes(shown)));
}
