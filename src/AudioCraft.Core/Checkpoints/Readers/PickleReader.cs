using System.Numerics;

namespace AudioCraft.Checkpoints;

/// <summary>
/// Reads a pickle as data. A pickle is a program for a stack machine (Python's pickletools documents its opcodes); this machine knows the instructions
/// that build dictionaries, lists, texts and numbers, and of the classes and functions that a program may name, only those of <see cref="PickleGlobals"/>.
/// </summary>
internal sealed class PickleReader
{
    /// <summary>Some thirty instructions make a tensor: enough for tens of thousands of them, and little enough to hold what a hostile program piles up.</summary>
    private const int MaximumInstructions = 1_000_000;

    private const int MaximumIntegerBytes = 64;

    private readonly PickleInput input;
    private readonly Func<PickleList, object> persistent;
    private readonly List<object?> stack = [];
    private readonly List<int> marks = [];
    private readonly Dictionary<uint, object?> memo = [];

    private PickleReader(PickleInput input, Func<PickleList, object> persistent)
    {
        this.input = input;
        this.persistent = persistent;
    }

    /// <summary>Reads one pickle, up to its STOP.</summary>
    /// <param name="input">The bytes; afterwards it stands behind the pickle.</param>
    /// <param name="persistent">Gives what a persistent id stands for: in <c>torch.save</c>'s files, a storage.</param>
    /// <returns>
    /// null, <see cref="bool"/>, <see cref="long"/>, <see cref="BigInteger"/>, <see cref="double"/>, <see cref="string"/>, bytes,
    /// <see cref="PickleDict"/>, <see cref="PickleList"/>, or one of the objects that <see cref="PickleGlobals"/> and <paramref name="persistent"/> give.
    /// Containers may hold themselves: whoever walks them must not follow them without end.
    /// </returns>
    public static object? Read(PickleInput input, Func<PickleList, object> persistent) => new PickleReader(input, persistent).Run();

    private object? Run()
    {
        for (var count = 0; count < MaximumInstructions; count++)
        {
            var at = input.Position;
            var opcode = input.Byte();
            if (opcode == '.')
            {
                return Pop();
            }

            if (!Push(opcode) && !Build(opcode))
            {
                throw Broken($"instruction 0x{opcode:x2} at byte {at} is not one that a checkpoint needs");
            }
        }

        throw Broken($"it has more than {MaximumInstructions} instructions");
    }

    /// <summary>Instructions that put a value on the stack.</summary>
    private bool Push(byte opcode)
    {
        switch (opcode)
        {
            case (byte)'N': stack.Add(null); return true;
            case 0x88: stack.Add(true); return true;
            case 0x89: stack.Add(false); return true;
            case (byte)'K': stack.Add((long)input.Byte()); return true;
            case (byte)'M': stack.Add((long)input.UInt16()); return true;
            case (byte)'J': stack.Add((long)input.Int32()); return true;
            case 0x8a: PushInteger(input.Byte()); return true;
            case 0x8b: PushInteger(input.UInt32()); return true;
            case (byte)'G': stack.Add(input.BigEndianDouble()); return true;
            case (byte)'X': stack.Add(input.Text(input.UInt32())); return true;
            case 0x8c: stack.Add(input.Text(input.Byte())); return true;
            case 0x8d: stack.Add(input.Text(input.UInt64())); return true;
            case (byte)'U': stack.Add(input.Text(input.Byte())); return true;
            case (byte)'T': stack.Add(input.Text(input.UInt32())); return true;
            case (byte)'C': stack.Add(input.Bytes(input.Byte())); return true;
            case (byte)'B': stack.Add(input.Bytes(input.UInt32())); return true;
            case 0x8e: stack.Add(input.Bytes(input.UInt64())); return true;
            case (byte)'}': stack.Add(new PickleDict()); return true;
            case (byte)']': stack.Add(new PickleList(false, [])); return true;
            case (byte)')': stack.Add(new PickleList(true, [])); return true;
            case (byte)'h': stack.Add(Recall(input.Byte())); return true;
            case (byte)'j': stack.Add(Recall(input.UInt32())); return true;
            case (byte)'c': stack.Add(PickleGlobals.Find(input.Line(), input.Line(), input.Source)); return true;
            default: return false;
        }
    }

    /// <summary>Instructions that work on what is on the stack.</summary>
    private bool Build(byte opcode)
    {
        switch (opcode)
        {
            case 0x80:
                var protocol = input.Byte();
                return protocol is >= 2 and <= 5 ? true : throw Broken($"it is of protocol {protocol}, and 2 to 5 are read");
            case 0x95: input.CheckLength(input.UInt64()); return true;
            case (byte)'(': marks.Add(stack.Count); return true;
            case (byte)'0': Pop(); return true;
            case (byte)'1': PopToMark(); return true;
            case (byte)'q': memo[input.Byte()] = Top(); return true;
            case (byte)'r': memo[input.UInt32()] = Top(); return true;
            case 0x94: memo[(uint)memo.Count] = Top(); return true;
            case 0x85: Tuple(1); return true;
            case 0x86: Tuple(2); return true;
            case 0x87: Tuple(3); return true;
            case (byte)'t': stack.Add(new PickleList(true, PopToMark())); return true;
            case (byte)'a': Append(Pop(1)); return true;
            case (byte)'e': Append(PopToMark()); return true;
            case (byte)'s': SetItems(Pop(2)); return true;
            case (byte)'u': SetItems(PopToMark()); return true;
            case (byte)'b': SetAttributes(); return true;
            case 0x93: NamedGlobal(); return true;
            case (byte)'R' or 0x81: Call(); return true;
            case (byte)'Q':
                stack.Add(persistent(Pop() as PickleList ?? throw Broken("a persistent id is not a tuple")));
                return true;
            default: return false;
        }
    }

    private void PushInteger(uint length)
    {
        if (length > MaximumIntegerBytes)
        {
            throw Broken($"it has an integer of {length} bytes");
        }

        var value = new BigInteger(input.Bytes(length));
        stack.Add(value >= long.MinValue && value <= long.MaxValue ? (object)(long)value : value);
    }

    private void Tuple(int count) => stack.Add(new PickleList(true, Pop(count)));

    private void Append(List<object?> items)
    {
        if (Top() is not PickleList { IsTuple: false } list)
        {
            throw Broken("it appends to something that is not a list");
        }

        foreach (var item in items)
        {
            list.Add(item);
        }
    }

    private void SetItems(List<object?> items)
    {
        if (Top() is not PickleDict dictionary || items.Count % 2 != 0)
        {
            throw Broken("it sets an item of something that is not a dictionary, or a key without a value");
        }

        for (var i = 0; i < items.Count; i += 2)
        {
            dictionary.Set(items[i], items[i + 1]);
        }
    }

    private void SetAttributes()
    {
        var state = Pop();
        switch (Top())
        {
            case PickleDict dictionary: dictionary.Attributes = state; break;
            case IPickleStateful item: item.SetState(state, input.Source); break;
            default: throw Broken("it sets attributes of something that has none");
        }
    }

    private void NamedGlobal()
    {
        var name = Pop() as string;
        var module = Pop() as string;
        stack.Add(name is null || module is null ? throw Broken("a global has no name") : PickleGlobals.Find(module, name, input.Source));
    }

    private void Call()
    {
        var arguments = Pop() as PickleList;
        var function = Pop() as PickleFunction;
        stack.Add(arguments is null || function is null
            ? throw Broken("it calls something that is not one of the functions allowed")
            : function.Call(arguments, input.Source));
    }

    private object? Recall(uint index) => memo.TryGetValue(index, out var value) ? value : throw Broken($"it recalls memo {index}, which was never put there");

    private object? Top() => stack.Count > Floor() ? stack[^1] : throw Broken("it takes from an empty stack");

    private object? Pop()
    {
        var value = Top();
        stack.RemoveAt(stack.Count - 1);
        return value;
    }

    private List<object?> Pop(int count)
    {
        var start = stack.Count - count;
        return start >= Floor() ? Take(start) : throw Broken("it takes from an empty stack");
    }

    private List<object?> PopToMark()
    {
        if (marks.Count == 0)
        {
            throw Broken("it looks for a mark that was never set");
        }

        var start = marks[^1];
        marks.RemoveAt(marks.Count - 1);
        return Take(start);
    }

    private List<object?> Take(int start)
    {
        var items = stack.GetRange(start, stack.Count - start);
        stack.RemoveRange(start, items.Count);
        return items;
    }

    private int Floor() => marks.Count == 0 ? 0 : marks[^1];

    private CheckpointException Broken(string fault) => new($"{input.Source}: the pickle is damaged or hostile: {fault}.");
}
