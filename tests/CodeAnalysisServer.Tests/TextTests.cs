using System.Text;
using CodeAnalysisServer.FileWatcher;

namespace CodeAnalysisServer.Tests;

public sealed class TextTests
{
    [Fact]
    public void A_byte_order_mark_decides_the_encoding()
    {
        foreach (var encoding in (Encoding[])[new UTF8Encoding(true), Encoding.Unicode, Encoding.BigEndianUnicode, Encoding.UTF32, new UTF32Encoding(true, true)])
        {
            TextDecoder.TryDecode([.. encoding.GetPreamble(), .. encoding.GetBytes("größe\n")]).ShouldBe("größe\n", encoding.EncodingName);
        }
    }

    [Fact]
    public void Without_a_mark_a_NUL_means_binary_and_other_bytes_are_Latin_1()
    {
        TextDecoder.TryDecode(Encoding.Unicode.GetBytes("text")).ShouldBeNull();
        TextDecoder.TryDecode("größe"u8).ShouldBe("größe");
        TextDecoder.TryDecode([(byte)'g', (byte)'r', 0xf6, (byte)'n']).ShouldBe("grön");
        TextDecoder.TryDecode([]).ShouldBe("");
    }

    [Theory]
    [InlineData("a\nb\n", "1-2:a\nb")]
    [InlineData("a\r\nb\r\nc", "1-3:a\nb\nc")]
    [InlineData("a\fb\u2028c", "1-1:a\fb\u2028c")]
    [InlineData("", "")]
    [InlineData("\n\n \n", "")]
    [InlineData("\n\nx", "1-3:\n\nx")]
    public void Lines_count_as_in_an_editor(string text, string chunks) =>
        string.Join('|', Chunker.Cut(text).Select(chunk => $"{chunk.StartLine}-{chunk.EndLine}:{chunk.Text}")).ShouldBe(chunks);

    [Fact]
    public void A_line_of_a_megabyte_is_cut_between_words_and_nothing_is_lost()
    {
        var text = "first\n" + string.Concat(Enumerable.Range(0, 100_000).Select(i => $"word{i} ")) + "\nlast";
        var chunks = Chunker.Cut(text).ToArray();
        chunks.ShouldAllBe(chunk => chunk.Text.Length <= Chunker.MostCharacters);
        string.Concat(chunks.Where(chunk => chunk.StartLine == 2).Select(chunk => chunk.Text)).ShouldBe(text.Split('\n')[1]);
        chunks.Where(chunk => chunk.StartLine == 2).SkipLast(1).ShouldAllBe(chunk => chunk.Text.EndsWith(' '));
        chunks[^1].ShouldBe(new(3, 3, "last"));
    }

    [Fact]
    public void A_line_without_spaces_is_never_cut_within_a_character()
    {
        var text = string.Concat(Enumerable.Repeat("x😀", 10_000));
        var chunks = Chunker.Cut(text).ToArray();
        string.Concat(chunks.Select(chunk => chunk.Text)).ShouldBe(text);
        chunks.ShouldAllBe(chunk => !char.IsLowSurrogate(chunk.Text[0]));
    }

    [Fact]
    public void Names_reach_the_terminal_without_control_characters() =>
        TerminalText.Of("a\u001b[31m\nb\u202e\u0085ö😀").ShouldBe("a\\u{1b}[31m\\u{a}b\\u{202e}\\u{85}ö😀");
}
