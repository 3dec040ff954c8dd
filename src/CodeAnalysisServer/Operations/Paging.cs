using System.Globalization;

namespace CodeAnalysisServer.Operations;

/// <summary>Cursors into an answer: where to go on. Opaque to whoever holds one.</summary>
internal static class Paging
{
    // Ranked answers are made anew for each page, so none goes deeper than this.
    private const int Deepest = 10_000;

    /// <summary>A cursor for a position.</summary>
    public static string At(int position) => string.Create(CultureInfo.InvariantCulture, $"n{position}");

    /// <summary>The position; 0 without a cursor.</summary>
    /// <exception cref="RefusedException">It is none of these cursors.</exception>
    public static int From(string? cursor) => cursor is null ? 0
        : cursor[0] == 'n' && int.TryParse(cursor.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var position) && position <= Deepest ? position
        : throw Wrong(cursor);

    /// <summary>It is not a cursor of this operation.</summary>
    public static RefusedException Wrong(string cursor) => new(Refusal.Invalid, $"'{cursor}' is no cursor of this operation; give next_cursor of an earlier answer, or none to begin");
}
