#pragma once

/// The kernels of all operators as a table that is read at run time: what a `Program` is made of.

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>

#include "dlpu/graph/builder.hpp"
#include "dlpu/graph/lowering/all.hpp"
#include "dlpu/graph/row_chain.hpp"

namespace dlpu::inline DLPU_ABI {

/// One operator of a program, with its weights packed.
struct AnyKernel {
  AnyKernel() = default;
  AnyKernel(const AnyKernel&) = delete;
  AnyKernel& operator=(const AnyKernel&) = delete;
  virtual ~AnyKernel() = default;
  virtual void run(const Buffers& buffers) const = 0;
  /// Empty where the operator does not work by rows.
  [[nodiscard]] virtual RowKernel by_rows() const { return {}; }
};

/// A kernel class that is known at run time only.
struct KernelClass {
  using Needs = Requirements (*)(const GraphView&, const Node&);
  using Make = std::unique_ptr<AnyKernel> (*)(const NodeData&, std::span<std::byte> memory);

  Needs requirements = nullptr;
  Make make = nullptr;

  [[nodiscard]] constexpr explicit operator bool() const { return make != nullptr; }
};

namespace detail {

template <class Kernel>
struct KernelOf final : AnyKernel {
  KernelOf(const NodeData& data, std::span<std::byte> memory) : kernel(data, memory) {}
  void run(const Buffers& buffers) const override { kernel.run(buffers); }
  [[nodiscard]] RowKernel by_rows() const override {
    if constexpr (requires(const RowBuffers& rows) { kernel.run_rows(rows); })
      return RowKernel::of(kernel);
    else
      return {};
  }
  Kernel kernel;
};

template <class Kernel>
constexpr KernelClass kernel_class{
    [](const GraphView& graph, const Node& node) -> Requirements { return Kernel::requirements(graph, node); },
    [](const NodeData& data, std::span<std::byte> memory) {
      return std::unique_ptr<AnyKernel>(new KernelOf<Kernel>(data, memory));
    }};

/// An operator's kernels by the element type of its first input.
using KernelRow = std::array<KernelClass, static_cast<std::size_t>(ElementType::boolean) + 1>;

/// Whether an operator rounds: only with stored numbers, except the one that turns float into them (under
/// `Unquantized` it copies). The other kernels are the same under every policy.
template <class Op, class Element>
inline constexpr bool rounds = QuantizedStorage<Element> || std::is_same_v<Op, op::Quantize>;

template <class Op, class Element, class R>
inline constexpr bool has_kernel = std::is_void_v<R> ? !QuantizedStorage<Element> : rounds<Op, Element>;
/// 16-bit activations have 64-bit sums, which not every rounding takes.
template <class Op, class R>
inline constexpr bool has_kernel<Op, std::int16_t, R> = WideRoundingPolicy<R>;

template <class Op, class Element, class R>
constexpr void add_kernel(KernelRow& row) {
  if constexpr (has_kernel<Op, Element, R>) {
    row[static_cast<std::size_t>(element_type_of<Element>)] =
        kernel_class<typename lowered_type<Op, Element, R>::type>;
  }
}

template <class Op, class R, class... Elements>
constexpr KernelRow kernel_row(type_list<Elements...>) {
  KernelRow row{};
  if constexpr (requires { lowered_type<Op, float, void>::type::moves_elements; }) {
    if constexpr (std::is_void_v<R>) {  // one kernel for all types of a size
      for (std::size_t type = 0; type < row.size(); ++type) {
        const std::size_t bytes = element_bytes(static_cast<ElementType>(type));
        if (bytes == 4) row[type] = kernel_class<typename lowered_type<Op, float, void>::type>;
        if (bytes == 2) row[type] = kernel_class<typename lowered_type<Op, std::int16_t, void>::type>;
        if (bytes == 1) row[type] = kernel_class<typename lowered_type<Op, std::uint8_t, void>::type>;
      }
    }
  } else {
    (add_kernel<Op, Elements, R>(row), ...);
  }
  return row;
}

template <class R, class... Ops>
constexpr std::array<KernelRow, sizeof...(Ops)> kernel_rows(type_list<Ops...>) {
  return {kernel_row<Ops, R>(typename input_elements<Ops>::type{})...};
}

}  // namespace detail

/// The kernel of an operator whose first input holds `element`, rounding with `R`; `void`: of an operator that does not
/// round. None where there is no such kernel. An instance compiles all of these kernels, so programs of many parts name
/// it `extern template` and make it once.
template <class R>
KernelClass find_kernel(const Operator& any, ElementType element) {
  static constexpr auto rows = detail::kernel_rows<R>(Operators{});
  return rows[static_cast<std::size_t>(any.kind())][static_cast<std::size_t>(element)];
}

}  // namespace dlpu::inline DLPU_ABI
