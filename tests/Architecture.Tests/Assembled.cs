using System.Reflection.Emit;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace Architecture.Tests;

/// <summary>What a built assembly uses, read from its metadata and its code.</summary>
internal static class Assembled
{
    private static readonly Dictionary<short, OpCode> Codes = typeof(OpCodes).GetFields().Select(field => (OpCode)field.GetValue(null)!).ToDictionary(code => code.Value);

    /// <summary>Every type of other assemblies that it names.</summary>
    public static IReadOnlyCollection<string> ReferencedTypes(string file)
    {
        using var image = new PEReader(File.OpenRead(file));
        var reader = image.GetMetadataReader();
        return [.. reader.TypeReferences.Select(handle => NameOf(reader, handle)).Distinct()];
    }

    /// <summary>Every member (<c>Type.Name</c>) that the code of some types uses, whoever declares it; nested types count with their outer one.</summary>
    public static IReadOnlyCollection<string> UsedMembers(string file, Func<string, bool> ofType)
    {
        using var image = new PEReader(File.OpenRead(file));
        var reader = image.GetMetadataReader();
        var used = new HashSet<string>();
        foreach (var type in reader.TypeDefinitions.Select(reader.GetTypeDefinition))
        {
            var outermost = type;
            while (!outermost.GetDeclaringType().IsNil)
            {
                outermost = reader.GetTypeDefinition(outermost.GetDeclaringType());
            }

            if (!ofType(NameOf(reader, outermost)))
            {
                continue;
            }

            foreach (var method in type.GetMethods().Select(reader.GetMethodDefinition).Where(method => method.RelativeVirtualAddress != 0))
            {
                var code = image.GetMethodBody(method.RelativeVirtualAddress).GetILReader();
                while (code.RemainingBytes > 0)
                {
                    Step(ref code, reader, used);
                }
            }
        }

        return used;
    }

    private static void Step(ref BlobReader code, MetadataReader reader, HashSet<string> used)
    {
        short value = code.ReadByte();
        var operation = Codes[value == 0xFE ? (short)(0xFE00 | code.ReadByte()) : value];
        switch (operation.OperandType)
        {
            case OperandType.InlineNone:
                break;
            case OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar:
                code.ReadByte();
                break;
            case OperandType.InlineVar:
                code.ReadInt16();
                break;
            case OperandType.InlineI8 or OperandType.InlineR:
                code.ReadInt64();
                break;
            case OperandType.InlineSwitch:
                var targets = code.ReadInt32();
                code.Offset += 4 * targets;
                break;
            case OperandType.InlineMethod or OperandType.InlineField or OperandType.InlineTok or OperandType.InlineType:
                if (MemberOf(reader, MetadataTokens.EntityHandle(code.ReadInt32())) is { } member)
                {
                    used.Add(member);
                }

                break;
            default:
                code.ReadInt32();
                break;
        }
    }

    private static string? MemberOf(MetadataReader reader, EntityHandle handle)
    {
        switch (handle.Kind)
        {
            case HandleKind.MemberReference:
                var member = reader.GetMemberReference((MemberReferenceHandle)handle);
                return $"{TypeOf(reader, member.Parent)}.{reader.GetString(member.Name)}";
            case HandleKind.MethodSpecification:
                return MemberOf(reader, reader.GetMethodSpecification((MethodSpecificationHandle)handle).Method);
            case HandleKind.MethodDefinition:
                var method = reader.GetMethodDefinition((MethodDefinitionHandle)handle);
                return $"{TypeOf(reader, method.GetDeclaringType())}.{reader.GetString(method.Name)}";
            case HandleKind.FieldDefinition:
                var field = reader.GetFieldDefinition((FieldDefinitionHandle)handle);
                return $"{TypeOf(reader, field.GetDeclaringType())}.{reader.GetString(field.Name)}";
            case HandleKind.TypeReference or HandleKind.TypeDefinition or HandleKind.TypeSpecification:
                return $"{TypeOf(reader, handle)}.";
            default:
                return null;
        }
    }

    private static string TypeOf(MetadataReader reader, EntityHandle handle)
    {
        switch (handle.Kind)
        {
            case HandleKind.TypeReference:
                return NameOf(reader, (TypeReferenceHandle)handle);
            case HandleKind.TypeDefinition:
                return NameOf(reader, reader.GetTypeDefinition((TypeDefinitionHandle)handle));
            case HandleKind.TypeSpecification:
                // A generic type is named by its definition, which follows two bytes in its signature.
                var signature = reader.GetBlobReader(reader.GetTypeSpecification((TypeSpecificationHandle)handle).Signature);
                return signature.ReadByte() == (byte)SignatureTypeCode.GenericTypeInstance && signature.ReadByte() is not 0 ? TypeOf(reader, signature.ReadTypeHandle()) : "";
            default:
                return "";
        }
    }

    private static string NameOf(MetadataReader reader, TypeReferenceHandle handle)
    {
        var type = reader.GetTypeReference(handle);
        var name = reader.GetString(type.Name);
        return type.ResolutionScope.Kind == HandleKind.TypeReference ? $"{NameOf(reader, (TypeReferenceHandle)type.ResolutionScope)}+{name}" : $"{reader.GetString(type.Namespace)}.{name}";
    }

    private static string NameOf(MetadataReader reader, TypeDefinition type)
    {
        var name = reader.GetString(type.Name);
        return type.GetDeclaringType().IsNil ? $"{reader.GetString(type.Namespace)}.{name}" : $"{NameOf(reader, reader.GetTypeDefinition(type.GetDeclaringType()))}+{name}";
    }
}
