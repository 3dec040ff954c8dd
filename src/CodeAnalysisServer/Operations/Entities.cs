using System.Globalization;
using CodeAnalysisServer.Analysis;

namespace CodeAnalysisServer.Operations;

/// <summary>The one entity that a caller means.</summary>
internal static class Entities
{
    // Ambiguous names are answered with some of what they may mean.
    private const int Named = 10;

    /// <summary>The argument that names it.</summary>
    public static readonly Parameter.Text Id = new("entity", "The id that get_code_entity_info gave, or a name that only one entity has, best a qualified one.", Required: true) { QueryName = "id" };

    /// <summary>By id, or by a name that is not ambiguous.</summary>
    /// <exception cref="RefusedException">There is none, or there are several.</exception>
    public static CodeEntity Of(CodeQueries queries, string asked)
    {
        if (long.TryParse(asked, NumberStyles.None, CultureInfo.InvariantCulture, out var id))
        {
            return queries.GetEntity(id) ?? throw new RefusedException(Refusal.NotFound, $"there is no entity {id} (any more: ids change when their file does); ask get_code_entity_info for it by name");
        }

        // The names that agree best; those that agree less are not meant when there is one of these.
        var found = queries.FindEntities(asked, null, Named + 1);
        EntityHit[] best = [.. found.Where(hit => hit.Why == found[0].Why)];
        return best.Length switch
        {
            1 => best[0].Entity,
            0 => throw new RefusedException(Refusal.NotFound, $"nothing is named '{asked}'; look for a part of the name by get_code_entity_info (verb 'entity') or fulltext_search (verb 'search')"),
            _ => throw new RefusedException(Refusal.Conflict, $"'{asked}' is ambiguous; give the id of one: {string.Join("; ", best.Take(Named).Select(hit => $"{hit.Entity.Id} = {hit.Entity.Kind} {hit.Entity.QualifiedName} ({hit.Entity.Path}:{hit.Entity.StartLine})"))}{(best.Length > Named ? "; and more" : "")}"),
        };
    }
}
