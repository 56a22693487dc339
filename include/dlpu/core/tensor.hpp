#pragma once

/// Tensors whose element type, extents and quantization policy are in the type; the policy's parameters
/// (scale, zero point) are in the object. Layout is row-major: activations NHWC, convolution filters OHWI.

#include <algorithm>
#include <cstddef>
#include <span>
#include <type_traits>

#include "dlpu/core/aligned.hpp"
#include "dlpu/core/extents.hpp"

namespace dlpu::inline DLPU_ABI {

/// A non-owning tensor. `Element` may be const; copying a view copies no data.
template <class Element, class Extents, class Policy>
class TensorView {
 public:
  using element_type = Element;
  using value_type = std::remove_const_t<Element>;
  using extents_type = Extents;
  using policy_type = Policy;
  using Parameters = typename Policy::Parameters;

  constexpr TensorView() = default;
  constexpr TensorView(Element* data, Extents extents, Parameters parameters = {})
      : data_(data), extents_(extents), parameters_(parameters) {}
  /// A view of exactly as many elements as static extents say.
  constexpr explicit(false)
      TensorView(std::span<Element> data, Parameters parameters = {}) requires(Extents::is_static)
      : data_(data.data()), parameters_(parameters) {
    DLPU_ASSERT(data.size() == extents_.size());
  }
  /// A mutable view serves where a read-only one is asked for.
  template <class Other>
  requires(std::is_same_v<Element, const Other>) constexpr explicit(false)
      TensorView(const TensorView<Other, Extents, Policy>& other)
      : data_(other.data()), extents_(other.extents()), parameters_(other.parameters()) {}

  [[nodiscard]] constexpr Element* data() const { return data_; }
  [[nodiscard]] constexpr std::size_t size() const { return extents_.size(); }
  [[nodiscard]] constexpr const Extents& extents() const { return extents_; }
  [[nodiscard]] constexpr const Parameters& parameters() const { return parameters_; }
  [[nodiscard]] constexpr std::span<Element> span() const { return {data_, size()}; }
  [[nodiscard]] constexpr Element* begin() const { return data_; }
  [[nodiscard]] constexpr Element* end() const { return data_ + size(); }

  /// The element at an index of full rank, or at a linear (row-major) index.
  template <class... Index>
  requires(sizeof...(Index) == Extents::rank || sizeof...(Index) == 1) [[nodiscard]] constexpr Element& operator()(
      Index... index) const {
    return data_[position(index...)];
  }
  [[nodiscard]] constexpr Element& operator[](std::size_t index) const {
    DLPU_ASSERT(index < size());
    return data_[index];
  }

  /// The real number that an element stands for.
  template <class... Index>
  requires((sizeof...(Index) == Extents::rank || sizeof...(Index) == 1) && requires(value_type v, Parameters p) {
    Policy::dequantize(v, p);
  }) [[nodiscard]] constexpr float dequantize(Index... index) const {
    return Policy::dequantize((*this)(index...), parameters_);
  }
  /// The same for a filter with a scale per channel.
  template <class... Index>
  requires(sizeof...(Index) == Extents::rank && requires(value_type v, Parameters p) {
    Policy::dequantize(v, p, std::size_t{});
  }) [[nodiscard]] constexpr float dequantize(Index... index) const {
    const std::size_t indices[] = {static_cast<std::size_t>(index)...};
    return Policy::dequantize((*this)(index...), parameters_, indices[Policy::axis]);
  }

 private:
  template <class... Index>
  [[nodiscard]] constexpr std::size_t position(Index... index) const {
    if constexpr (sizeof...(Index) == Extents::rank) {
      return extents_.offset(index...);
    } else {
      const auto linear = (static_cast<std::size_t>(index), ...);
      DLPU_ASSERT(linear < size());
      return linear;
    }
  }

  Element* data_ = nullptr;
  [[no_unique_address]] Extents extents_{};
  [[no_unique_address]] Parameters parameters_{};
};

/// An owning tensor on a 64-byte boundary: in the object where the extents are static, on the heap otherwise.
template <class Element, class Extents, class Policy>
class Tensor {
  static_assert(!std::is_const_v<Element>, "Tensor: an owning tensor of const elements could never be filled");

 public:
  using View = TensorView<Element, Extents, Policy>;
  using ConstView = TensorView<const Element, Extents, Policy>;
  using Parameters = typename Policy::Parameters;

  Tensor() requires(Extents::is_static) = default;
  explicit Tensor(Parameters parameters) requires(Extents::is_static) : parameters_(parameters) {}
  /// Extents with the dynamic dimensions filled in.
  explicit Tensor(Extents extents, Parameters parameters = {}) requires(!Extents::is_static)
      : storage_(extents.size() * sizeof(Element)), extents_(extents), parameters_(parameters) {}

  [[nodiscard]] Element* data() {
    if constexpr (Extents::is_static)
      return storage_.elements;
    else
      return reinterpret_cast<Element*>(storage_.data());
  }
  [[nodiscard]] const Element* data() const { return const_cast<Tensor*>(this)->data(); }
  [[nodiscard]] std::size_t size() const { return extents_.size(); }
  [[nodiscard]] const Extents& extents() const { return extents_; }
  [[nodiscard]] const Parameters& parameters() const { return parameters_; }
  void set_parameters(Parameters parameters) { parameters_ = parameters; }
  [[nodiscard]] std::span<Element> span() { return {data(), size()}; }
  [[nodiscard]] std::span<const Element> span() const { return {data(), size()}; }

  [[nodiscard]] View view() { return {data(), extents_, parameters_}; }
  [[nodiscard]] ConstView view() const { return {data(), extents_, parameters_}; }
  operator View() { return view(); }
  operator ConstView() const { return view(); }

  template <class... Index>
  [[nodiscard]] Element& operator()(Index... index) {
    return view()(index...);
  }
  template <class... Index>
  [[nodiscard]] const Element& operator()(Index... index) const {
    return view()(index...);
  }
  template <class... Index>
  [[nodiscard]] float dequantize(Index... index) const {
    return view().dequantize(index...);
  }

 private:
  struct Inline {
    alignas(alignment) Element elements[Extents::is_static ? std::max<std::size_t>(Extents{}.size(), 1) : 1]{};
  };
  using Storage = std::conditional_t<Extents::is_static, Inline, AlignedBuffer>;

  Storage storage_{};
  [[no_unique_address]] Extents extents_{};
  [[no_unique_address]] Parameters parameters_{};
};

}  // namespace dlpu::inline DLPU_ABI
