// Any operator that libtorch has registered, found by name and called with tagged values through the boxed dispatcher.
// Autograd, devices and element types are the dispatcher's business, so this file knows no operator by name.
#include "shim.h"

#include <ATen/core/stack.h>

#include <cstdlib>
#include <cstring>
#include <memory>
#include <sstream>
#include <vector>

using at::Tensor;
using c10::IValue;
using c10::TypeKind;
using shim::Tag;
using shim::Value;

namespace {

// c10::optional in libtorch 1.13, std::optional in later ones: whichever the headers use.
template <class>
struct OptionalOf;
template <template <class> class Optional, class T>
struct OptionalOf<Optional<T>> {
    template <class U>
    using type = Optional<U>;
};
using OptionalTensor = OptionalOf<std::decay_t<decltype(std::declval<const c10::Argument&>().N())>>::type<Tensor>;

struct Parameter {
    std::string name;
    TypeKind kind = TypeKind::AnyType;
    TypeKind element = TypeKind::AnyType;  // of a list
    bool optional = false;
    int32_t fixed_length = 0;  // int[2]: one number stands for two equal ones
    bool has_default = false;
    IValue default_value;
};

}  // namespace

struct Operator {
    c10::OperatorHandle handle;
    std::vector<Parameter> parameters;
    std::string schema;

    explicit Operator(c10::OperatorHandle found) : handle(std::move(found))
    {
        std::ostringstream text;
        text << handle.schema();
        schema = text.str();
        for (const auto& argument : handle.schema().arguments()) {
            Parameter parameter;
            parameter.name = argument.name();
            c10::TypePtr type = argument.type();  // libtorch 2 shows SymInt as int here
            if (type->kind() == TypeKind::OptionalType) {
                parameter.optional = true;
                type = type->castRaw<c10::OptionalType>()->getElementType();
            }
            parameter.kind = type->kind();
            if (parameter.kind == TypeKind::ListType) {
                parameter.element = type->castRaw<c10::ListType>()->getElementType()->kind();
            }
            if (argument.N()) {
                parameter.fixed_length = *argument.N();
            }
            if (argument.default_value().has_value()) {
                parameter.has_default = true;
                parameter.default_value = *argument.default_value();
            }
            parameters.push_back(std::move(parameter));
        }
    }
};

namespace {

template <class T, class Source>
c10::List<T> list_of(const Source* items, int32_t length)
{
    c10::List<T> list;
    list.reserve(length);
    for (int32_t i = 0; i < length; i++) {
        list.push_back(static_cast<T>(items[i]));
    }
    return list;
}

IValue integer(int64_t value, const Parameter& parameter)
{
    switch (parameter.kind) {
        case TypeKind::FloatType:
            return IValue(static_cast<double>(value));
        case TypeKind::BoolType:
            return IValue(value != 0);
        case TypeKind::ListType: {
            c10::List<int64_t> list;
            for (int32_t i = 0; i < std::max(parameter.fixed_length, 1); i++) {
                list.push_back(value);
            }
            return IValue(std::move(list));
        }
        default:
            return IValue(value);
    }
}

IValue tensors(const Value& value, const Parameter& parameter)
{
    auto** handles = static_cast<void**>(value.pointer);
    if (parameter.element == TypeKind::OptionalType) {
        c10::List<OptionalTensor> list;
        list.reserve(value.length);
        for (int32_t i = 0; i < value.length; i++) {
            list.push_back(handles[i] != nullptr ? OptionalTensor(shim::borrow(handles[i])) : OptionalTensor());
        }
        return IValue(std::move(list));
    }
    c10::List<Tensor> list;
    list.reserve(value.length);
    for (int32_t i = 0; i < value.length; i++) {
        list.push_back(shim::borrow(handles[i]));
    }
    return IValue(std::move(list));
}

IValue to_ivalue(const Value& value, const Parameter& parameter)
{
    switch (value.tag) {
        case Tag::Default:
            TORCH_CHECK(parameter.has_default, "argument '", parameter.name, "' is missing");
            return parameter.default_value;
        case Tag::None:
            return parameter.kind == TypeKind::TensorType && !parameter.optional ? IValue(Tensor()) : IValue();
        case Tag::Tensor:
            return IValue(shim::borrow(value.pointer));
        case Tag::Int:
            return integer(value.integer, parameter);
        case Tag::Double:
            return IValue(value.number);
        case Tag::Bool:
            return IValue(value.integer != 0);
        case Tag::String:
            return IValue(std::string(static_cast<const char*>(value.pointer), value.length));
        case Tag::IntList:
            if (parameter.element == TypeKind::FloatType) {
                return IValue(list_of<double>(static_cast<const int64_t*>(value.pointer), value.length));
            }
            return IValue(list_of<int64_t>(static_cast<const int64_t*>(value.pointer), value.length));
        case Tag::DoubleList:
            return IValue(list_of<double>(static_cast<const double*>(value.pointer), value.length));
        case Tag::TensorList:
            return tensors(value, parameter);
        case Tag::Device:
            return IValue(c10::Device(static_cast<c10::DeviceType>(value.integer), static_cast<c10::DeviceIndex>(value.length)));
        case Tag::Generator:
            return value.pointer != nullptr ? IValue(*static_cast<at::Generator*>(value.pointer)) : IValue();
        case Tag::Complex: {
            auto* parts = static_cast<const double*>(value.pointer);
            return IValue(c10::complex<double>(parts[0], parts[1]));
        }
        default:
            TORCH_CHECK(false, "argument '", parameter.name, "' has an unknown tag");
    }
}

Value to_value(IValue&& result)
{
    Value value{};
    if (result.isTensor()) {
        value.tag = Tag::Tensor;
        value.pointer = shim::release(std::move(result).toTensor());
    } else if (result.isNone()) {
        value.tag = Tag::None;
    } else if (result.isInt()) {
        value.tag = Tag::Int;
        value.integer = result.toInt();
    } else if (result.isDouble()) {
        value.tag = Tag::Double;
        value.number = result.toDouble();
    } else if (result.isBool()) {
        value.tag = Tag::Bool;
        value.integer = result.toBool() ? 1 : 0;
    } else if (result.isComplexDouble()) {
        value.tag = Tag::Complex;
        auto* parts = static_cast<double*>(std::malloc(2 * sizeof(double)));
        parts[0] = result.toComplexDouble().real();
        parts[1] = result.toComplexDouble().imag();
        value.pointer = parts;
    } else if (result.isTensorList()) {
        auto list = result.toTensorVector();
        value.tag = Tag::TensorList;
        value.length = static_cast<int32_t>(list.size());
        auto** handles = static_cast<void**>(std::malloc(sizeof(void*) * (list.size() + 1)));
        for (size_t i = 0; i < list.size(); i++) {
            handles[i] = shim::release(std::move(list[i]));
        }
        value.pointer = handles;
    } else {
        value.tag = Tag::Unsupported;
    }
    return value;
}

// The stack's memory is kept from call to call. A call inside a call finds it taken and gets its own.
thread_local torch::jit::Stack spare_stack;

}  // namespace

// Finds an operator such as ("aten::add", "Tensor").
SHIM_API int shim_find_operator(const char* name, const char* overload, Operator** found)
{
    return shim::guarded([&] {
        *found = new Operator(c10::Dispatcher::singleton().findSchemaOrThrow(name, overload));
        return 0;
    });
}

// 1 where libtorch has the operator, 0 where it has not.
SHIM_API int shim_has_operator(const char* name, const char* overload)
{
    return shim::guarded([&] { return c10::Dispatcher::singleton().findSchema({name, overload}).has_value() ? 1 : 0; });
}

SHIM_API const char* shim_schema(Operator* op) { return op->schema.c_str(); }

// Arguments in the order of the schema; those left out, at the end or by Tag::Default, take their defaults. Writes up to `capacity` results,
// drops the others, and returns how many there were, or -1.
SHIM_API int shim_call(Operator* op, const Value* arguments, int32_t count, Value* results, int32_t capacity)
{
    return shim::guarded([&] {
        static const Value missing{Tag::Default, 0, {nullptr}};
        torch::jit::Stack stack = std::move(spare_stack);
        stack.clear();
        const auto& parameters = op->parameters;
        for (int32_t i = static_cast<int32_t>(parameters.size()); i < count; i++) {
            TORCH_CHECK(arguments[i].tag == Tag::Default, op->schema, ": too many arguments");
        }
        for (size_t i = 0; i < parameters.size(); i++) {
            stack.push_back(to_ivalue(i < static_cast<size_t>(count) ? arguments[i] : missing, parameters[i]));
        }
        op->handle.callBoxed(stack);
        const int produced = static_cast<int>(stack.size());
        for (int i = 0; i < std::min(produced, capacity); i++) {
            results[i] = to_value(std::move(stack[i]));
        }
        stack.clear();
        spare_stack = std::move(stack);
        return produced;
    });
}

SHIM_API void shim_free(void* memory) { std::free(memory); }
