using System.Numerics;

namespace AudioCraft.Checkpoints;

/// <summary>
/// Reads a pickle as data. A pickle is a program for a stack machine (Python's pickletools documents its opcodes). This reader implements the opcodes for
/// dictionaries, lists, strings and numbers, and the classes and functions of <see cref="PickleGlobals"/>. Memory is proportional to the size of the pickle.
/// </summary>
internal sealed class PickleReader
{
    /// <summary>A tensor takes about thirty opcodes, so this is enough for tens of thousands of tensors.</summary>
    private const int MaximumOpcodes = 1_000_000;

    /// <summary>Managed memory that the values may take for each byte of the pickle. Checkpoints take up to about 20 bytes.</summary>
    private const long MemoryPerByte = 48;

    /// <summary>Managed memory that the values of any pickle may take.</summary>
    private const long AlwaysAccepted = 1 << 20;

    // Approximate sizes of objects, and of elements of growing lists and dictionaries.
    private const int ObjectBytes = 48, ElementBytes = 16, EntryBytes = 64, CallBytes = 192;

    private const int MaximumIntegerBytes = 64;

    private readonly PickleInput input;
    private readonly Func<PickleList, object> persistent;
    private readonly List<object?> stack = [];
    private readonly List<int> marks = [];
    private readonly Dictionary<uint, object?> memo = [];
    private readonly long start;
    private long memory;

    private PickleReader(PickleInput input, Func<PickleList, object> persistent)
    {
        this.input = input;
        this.persistent = persistent;
        start = input.Position;
    }

    /// <summary>Reads one pickle, up to its STOP opcode.</summary>
    /// <param name="input">The bytes; it is left at the end of the pickle.</param>
    /// <param name="persistent">Resolves a persistent id: in files of <c>torch.save</c>, a storage.</param>
    /// <returns>
    /// null, <see cref="bool"/>, <see cref="long"/>, <see cref="BigInteger"/>, <see cref="double"/>, <see cref="string"/>, bytes,
    /// <see cref="PickleDict"/>, <see cref="PickleList"/>, or an object of <see cref="PickleGlobals"/> or <paramref name="persistent"/>.
    /// Containers may contain themselves, so callers must limit recursion.
    /// </returns>
    /// <exception cref="CheckpointException">The pickle is damaged, or not supported.</exception>
    public static object? Read(PickleInput input, Func<PickleList, object> persistent) => new PickleReader(input, persistent).Run();

    private object? Run()
    {
        for (var count = 0; count < MaximumOpcodes; count++)
        {
            var at = input.Position;
            var opcode = input.Byte();
            if (opcode == '.')
            {
                return Pop();
            }

            if (!Push(opcode) && !Build(opcode))
            {
                throw Invalid($"opcode 0x{opcode:x2} at offset {at} is not supported");
            }
        }

        throw Invalid($"more than {MaximumOpcodes} opcodes");
    }

    /// <summary>Opcodes that push a value.</summary>
    private bool Push(byte opcode)
    {
        Charge(ElementBytes);
        switch (opcode)
        {
            case (byte)'N': stack.Add(null); return true;
            case 0x88: stack.Add(true); return true;
            case 0x89: stack.Add(false); return true;
            case (byte)'K': Add((object)(long)input.Byte(), ObjectBytes / 2); return true;
            case (byte)'M': Add((object)(long)input.UInt16(), ObjectBytes / 2); return true;
            case (byte)'J': Add((object)(long)input.Int32(), ObjectBytes / 2); return true;
            case 0x8a: PushInteger(input.Byte()); return true;
            case 0x8b: PushInteger(input.UInt32()); return true;
            case (byte)'G': Add(input.BigEndianDouble(), ObjectBytes / 2); return true;
            case (byte)'X': AddText(input.UInt32()); return true;
            case 0x8c: AddText(input.Byte()); return true;
            case 0x8d: AddText(input.UInt64()); return true;
            case (byte)'U': AddText(input.Byte()); return true;
            case (byte)'T': AddText(input.UInt32()); return true;
            case (byte)'C': AddBytes(input.Byte()); return true;
            case (byte)'B': AddBytes(input.UInt32()); return true;
            case 0x8e: AddBytes(input.UInt64()); return true;
            case (byte)'}': Add(new PickleDict(), ObjectBytes); return true;
            case (byte)']': Add(new PickleList(), ObjectBytes); return true;
            case (byte)')': stack.Add(PickleList.EmptyTuple); return true;
            case (byte)'h': stack.Add(Recall(input.Byte())); return true;
            case (byte)'j': stack.Add(Recall(input.UInt32())); return true;
            case (byte)'c': stack.Add(PickleGlobals.Find(input.Line(), input.Line(), input.Source)); return true;
            default: return false;
        }
    }

    /// <summary>Opcodes that use values of the stack.</summary>
    private bool Build(byte opcode)
    {
        switch (opcode)
        {
            case 0x80:
                var protocol = input.Byte();
                return protocol is >= 2 and <= 5 ? true : throw Invalid($"protocol {protocol}; protocols 2 to 5 are supported");
            case 0x95: input.CheckLength(input.UInt64()); return true;
            case (byte)'(': Charge(ElementBytes); marks.Add(stack.Count); return true;
            case (byte)'0': Pop(); return true;
            case (byte)'1': PopToMark(); return true;
            case (byte)'q': Memoize(input.Byte()); return true;
            case (byte)'r': Memoize(input.UInt32()); return true;
            case 0x94: Memoize((uint)memo.Count); return true;
            case 0x85: AddTuple(Pop(1)); return true;
            case 0x86: AddTuple(Pop(2)); return true;
            case 0x87: AddTuple(Pop(3)); return true;
            case (byte)'t': AddTuple(PopToMark()); return true;
            case (byte)'a': Append(Pop(1)); return true;
            case (byte)'e': Append(PopToMark()); return true;
            case (byte)'s': SetItems(Pop(2)); return true;
            case (byte)'u': SetItems(PopToMark()); return true;
            case (byte)'b': SetAttributes(); return true;
            case 0x93: NamedGlobal(); return true;
            case (byte)'R' or 0x81: Call(); return true;
            case (byte)'Q':
                Charge(CallBytes);
                stack.Add(persistent(Pop() as PickleList ?? throw Invalid("a persistent id is not a tuple")));
                return true;
            default: return false;
        }
    }

    private void PushInteger(uint length)
    {
        if (length > MaximumIntegerBytes)
        {
            throw Invalid($"an integer of {length} bytes; at most {MaximumIntegerBytes} are supported");
        }

        Charge(ObjectBytes);

        var value = new BigInteger(input.Bytes(length));
        stack.Add(value >= long.MinValue && value <= long.MaxValue ? (object)(long)value : value);
    }

    private void Add(object value, int bytes)
    {
        Charge(bytes);
        stack.Add(value);
    }

    private void AddText(ulong length)
    {
        // Decoded text has at most one UTF-16 code unit for each byte.
        var text = input.Text(length);
        Add(text, ObjectBytes / 2);
        Charge(2L * text.Length);
    }

    private void AddBytes(ulong length)
    {
        var bytes = input.Bytes(length);
        Add(bytes, ObjectBytes / 2);
        Charge(bytes.Length);
    }

    private void AddTuple(List<object?> items)
    {
        Charge(ObjectBytes + (ElementBytes * (long)items.Count));
        stack.Add(new PickleList(items));
    }

    private void Memoize(uint index)
    {
        Charge(EntryBytes);
        memo[index] = Top();
    }

    private void Append(List<object?> items)
    {
        if (Top() is not PickleList { IsTuple: false } list)
        {
            throw Invalid("an item is appended to an object that is not a list");
        }

        Charge(ElementBytes * (long)items.Count);

        foreach (var item in items)
        {
            list.Add(item);
        }
    }

    private void SetItems(List<object?> items)
    {
        if (Top() is not PickleDict dictionary || items.Count % 2 != 0)
        {
            throw Invalid("an item is set on an object that is not a dictionary, or a key has no value");
        }

        Charge(EntryBytes * (long)items.Count / 2);

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
            default: throw Invalid("a state is set on an object that has none");
        }
    }

    private void NamedGlobal()
    {
        var name = Pop() as string;
        var module = Pop() as string;
        stack.Add(name is null || module is null ? throw Invalid("the name of a class or function is not a string") : PickleGlobals.Find(module, name, input.Source));
    }

    private void Call()
    {
        var arguments = Pop() as PickleList;
        var function = Pop() as PickleFunction;
        Charge(CallBytes + (ElementBytes * (long)(arguments?.Count ?? 0)));
        stack.Add(arguments is null || function is null
            ? throw Invalid("an object is called that is not an allowed function")
            : function.Call(arguments, input.Source));
    }

    private object? Recall(uint index) => memo.TryGetValue(index, out var value) ? value : throw Invalid($"memo {index} does not exist");

    private object? Top() => stack.Count > Floor() ? stack[^1] : throw Invalid("the stack is empty");

    private object? Pop()
    {
        var value = Top();
        stack.RemoveAt(stack.Count - 1);
        return value;
    }

    private List<object?> Pop(int count)
    {
        var first = stack.Count - count;
        return first >= Floor() ? Take(first) : throw Invalid("the stack is empty");
    }

    private List<object?> PopToMark()
    {
        if (marks.Count == 0)
        {
            throw Invalid("a mark is missing");
        }

        var first = marks[^1];
        marks.RemoveAt(marks.Count - 1);
        return Take(first);
    }

    private List<object?> Take(int first)
    {
        var items = stack.GetRange(first, stack.Count - first);
        stack.RemoveRange(first, items.Count);
        return items;
    }

    private int Floor() => marks.Count == 0 ? 0 : marks[^1];

    /// <summary>Counts memory before it is allocated.</summary>
    private void Charge(long bytes)
    {
        memory += bytes;
        if (memory > AlwaysAccepted + (MemoryPerByte * (input.Position - start)))
        {
            throw Invalid($"its values take more than {MemoryPerByte} bytes of memory for each byte of the file");
        }
    }

    private CheckpointException Invalid(string reason) => new($"{input.Source}: the pickle is damaged or not supported: {reason}.");
}
