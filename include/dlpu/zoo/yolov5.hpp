#pragma once

#include "dlpu/zoo/heads/yolov5.hpp"

namespace dlpu::inline DLPU_ABI {
namespace zoo {

/// The sizes of YOLOv5 (models/yolov5n.yaml, yolov5s.yaml, yolov5m.yaml): width and depth multiples.
enum class YoloSize : std::int32_t { n, s, m };

/// YOLOv5 of a size and form, release 6.0 with 80 classes on 640 x 640 pixels: [1, boxes, 5 + classes]. Width and depth
/// percents are of the size's own multiples. In the chips' forms Quantize stands at both ends, as in Axis' files.
template <YoloSize Size, YoloForm Form>
constexpr Value yolov5_network(Builder& g, const Options& options) {
  constexpr std::int32_t widths[] = {25, 50, 75}, depths[] = {33, 33, 67};
  constexpr auto size = static_cast<std::size_t>(Size);
  const Options o = resolved(
      g, options, {.width_percent = widths[size], .depth_percent = depths[size], .input = 640, .classes = 80});
  g.require(o.input % 32 == 0, zoo_rule::InputMultipleOf32::rule);
  Value x = image(g, o);
  if (Form != YoloForm::general) x = g.quantize(x, {}, "stored_image");
  const FeatureMaps maps = backbones::yolov5_csp<Form>(g, x, backbone_options(o));
  x = heads::yolov5(g, maps, {Form, o.classes, o.width_percent, o.depth_percent, o.input});
  if (Form != YoloForm::general) x = g.quantize(x, {}, "output");
  return x;
}

template <YoloSize Size, YoloForm Form, Options O = Options{}>
struct Yolov5 : Described<yolov5_network<Size, Form>, O> {};
template <Options O = Options{}>
struct Yolov5n : Yolov5<YoloSize::n, YoloForm::general, O> {};
template <Options O = Options{}>
struct Yolov5s : Yolov5<YoloSize::s, YoloForm::general, O> {};
template <Options O = Options{}>
struct Yolov5m : Yolov5<YoloSize::m, YoloForm::general, O> {};
template <Options O = Options{}>
struct Yolov5nArtpec8 : Yolov5<YoloSize::n, YoloForm::artpec8, O> {};
template <Options O = Options{}>
struct Yolov5sArtpec8 : Yolov5<YoloSize::s, YoloForm::artpec8, O> {};
template <Options O = Options{}>
struct Yolov5mArtpec8 : Yolov5<YoloSize::m, YoloForm::artpec8, O> {};
template <Options O = Options{}>
struct Yolov5nArtpec9 : Yolov5<YoloSize::n, YoloForm::artpec9, O> {};
template <Options O = Options{}>
struct Yolov5sArtpec9 : Yolov5<YoloSize::s, YoloForm::artpec9, O> {};
template <Options O = Options{}>
struct Yolov5mArtpec9 : Yolov5<YoloSize::m, YoloForm::artpec9, O> {};

}  // namespace zoo
}  // namespace dlpu::inline DLPU_ABI
