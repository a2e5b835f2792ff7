// The C interface between TorchSharp-system (C#) and libtorch: everything that crosses is declared here.
#pragma once

#include <ATen/ATen.h>
#include <ATen/core/dispatch/Dispatcher.h>

#include <cstdint>
#include <exception>
#include <string>

#ifdef _WIN32
#define SHIM_API extern "C" __declspec(dllexport)
#else
#define SHIM_API extern "C" __attribute__((visibility("default")))
#endif

namespace shim {

// What a Value holds. Interop/NativeValue.cs has the same numbers.
enum class Tag : int32_t {
    Default = 0,       // take the operator's own default
    None = 1,
    Tensor = 2,        // pointer: a tensor handle, null for an undefined tensor
    Int = 3,
    Double = 4,
    Bool = 5,
    String = 6,        // pointer and length: UTF-8
    IntList = 7,       // pointer and length: int64
    DoubleList = 8,    // pointer and length
    TensorList = 9,    // pointer and length: tensor handles; null for an absent optional tensor
    Device = 10,       // integer: type, length: index
    Generator = 11,    // pointer
    Complex = 12,      // pointer to two doubles
    Unsupported = 99,  // a result of a kind that nothing here asks for
};

// An argument or a result. Arguments point into memory of the caller; results own what they point to.
struct Value {
    Tag tag;
    int32_t length;
    union {
        void* pointer;
        int64_t integer;
        double number;
    };
};
static_assert(sizeof(Value) == 16, "C# lays it out the same way");

// A tensor handle is a TensorImpl* that owns one reference. Borrowing takes another for as long as the at::Tensor lives.
inline at::Tensor borrow(void* handle)
{
    if (handle == nullptr) {
        return at::Tensor();
    }
    auto* impl = static_cast<at::TensorImpl*>(handle);
    c10::raw::intrusive_ptr::incref(impl);
    return at::Tensor(c10::intrusive_ptr<at::TensorImpl, c10::UndefinedTensorImpl>::reclaim(impl));
}

inline void* release(at::Tensor&& tensor)
{
    return tensor.defined() ? static_cast<void*>(tensor.unsafeReleaseTensorImpl()) : nullptr;
}

// Remembers the message for the calling thread and returns the code that says "look it up".
int fail(const std::exception& error);
int fail_unknown();

// Runs the body; an exception of any kind becomes -1 and a message for shim_last_error.
template <class Body>
int guarded(Body&& body)
{
    try {
        return body();
    } catch (const std::exception& error) {
        return fail(error);
    } catch (...) {
        return fail_unknown();
    }
}

}  // namespace shim
