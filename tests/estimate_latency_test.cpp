#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <random>

#include "dlpu/estimate/advice.hpp"
#include "dlpu/estimate/latency_validation.hpp"
#include "dlpu/estimate/published_latency.hpp"
#include "dlpu/soc/registry.hpp"

namespace estimate_latency_test {
namespace {

using namespace dlpu;
using namespace dlpu::estimate;

template <class Build>
Graph graph_from(Build build) {
  Builder g;
  const Value output = build(g);
  return std::move(g).finish({&output, 1});
}

TEST(Work, CountsByKindOfOperator) {
  const Graph graph = graph_from([](auto& g) {
    auto x = g.conv2d(g.input({1, 8, 8, 3}), {.filters = 16, .kernel = 3});  // VALID: 6 x 6
    x = g.depthwise_conv2d(x, {.kernel = 3, .padding = Padding::same});
    return g.relu(x);
  });
  const Work work = work_of(graph.view(), ElementType::int8, 1);
  const std::int32_t size = graph.view().output_type(graph.nodes[0]).shape[1];
  const double pixels = size * size;
  EXPECT_NEAR(work.convolution_gmac * 1e9, pixels * 16 * 27, 0.5);
  EXPECT_NEAR(work.depthwise_gmac * 1e9, pixels * 16 * 9, 0.5);
  EXPECT_NEAR(work.body_mb * 1e6, 192 + pixels * 16 * 5, 0.5);
  EXPECT_EQ(work.tail_mb, 0);
  EXPECT_EQ(work.operators, 3);
  EXPECT_NEAR(work.weight_mb * 1e6, 16 * 27 + 16 * 4 + 16 * 9 + 16 * 4, 0.5);
}

TEST(Work, ChannelsCountInWholeGranules) {
  const Graph graph = graph_from([](auto& g) {
    return g.conv2d(g.input({1, 8, 8, 7}), {.filters = 6, .kernel = 1});
  });
  const GraphView view = graph.view();
  EXPECT_NEAR(multiply_accumulates(view, graph.nodes[0], 1), 64 * 7 * 6, 1e-6);
  EXPECT_NEAR(multiply_accumulates(view, graph.nodes[0], 6), 64 * 12 * 6, 1e-6);
  EXPECT_NEAR(multiply_accumulates(view, graph.nodes[0], 16), 64 * 16 * 16, 1e-6);
}

TEST(Work, TheTailBeginsAtTheLastReshape) {
  const Graph graph = graph_from([](auto& g) {
    auto x = g.conv2d(g.reshape(g.input({1, 192}), {{1, 8, 8, 3}}), {.filters = 4, .kernel = 1});
    return g.logistic(g.reshape(x, {{1, 64, 4}}));
  });
  EXPECT_EQ(find_tail(graph.view()), (std::vector<bool>{false, false, true, true}));
  EXPECT_NEAR(work_of(graph.view(), ElementType::int8, 1).tail_mb * 1e6, 4 * 256, 0.5);
}

TEST(Work, PostProcessingAgreesWithItsMeasurements) {
  const struct {
    std::int32_t anchors, detections;
    double ms;
  } measured[] = {{1917, 10, 0.28}, {1917, 20, 0.324}, {1917, 100, 0.70}, {2034, 20, 0.36}, {2034, 100, 0.755}};
  for (const auto& m : measured) {
    const double ms = post_process_ms({.classes = 90, .max_detections = m.detections}, m.anchors);
    EXPECT_NEAR(ms / m.ms, 1, 0.03) << m.anchors << " " << m.detections;
  }
}

/// Rows that the model itself makes, with coefficients of its own and noise.
class Synthetic {
 public:
  LatencyRow row(const std::string& soc, const std::string& device, const std::string& network, double noise) {
    const double scale = soc == "ARTPEC-9" ? 0.5 : 1.0, speed = device == "slow" ? 1.8 : 1.0;
    const Work work = works_.at(network);
    const auto x = quantities(work);
    constexpr std::array c{1.5, 0.9, 25.0, 0.08, 0.9, 0.02};
    double ms = 25 * work.post_process_ms;
    for (std::size_t t = 0; t < c.size(); ++t) ms += scale * speed * c[t] * x[t];
    return {soc, device, network, work, ms * std::exp(noise * normal_(random_))};
  }
  std::vector<LatencyRow> rows(double noise) {
    std::vector<LatencyRow> rows;
    for (const char* network : {"classifier", "ssd", "yolo n", "yolo m"}) {
      rows.push_back(row("ARTPEC-8", "fast", network, noise));
      rows.push_back(row("ARTPEC-8", "slow", network, noise));
      rows.push_back(row("ARTPEC-9", "other", network, noise));
    }
    return rows;
  }

 private:
  std::map<std::string, Work> works_{{"classifier", {0.28, 0.02, 14, 0, 66, 0, 3.5}},
                                     {"ssd", {0.73, 0.04, 27, 1.1, 101, 0.33, 6}},
                                     {"yolo n", {2.6, 0, 65, 39, 146, 0, 2}},
                                     {"yolo m", {24, 0, 187, 39, 175, 0, 21}},
                                     {"yolo s", {8.9, 0, 113, 39, 146, 0, 7.5}}};
  std::mt19937 random_{7};
  std::normal_distribution<double> normal_;
};

TEST(Latency, GradientsAreDerivatives) {
  Synthetic synthetic;
  const LatencyPosterior posterior = fit_latency(synthetic.rows(0));
  const Work work = synthetic.row("ARTPEC-8", "fast", "ssd", 0).work;
  const LogTime here = log_time(posterior.layout, posterior.mean, 0, 1, work);
  for (Eigen::Index i = 0; i < posterior.mean.size(); ++i) {
    Eigen::VectorXd moved = posterior.mean;
    moved[i] += 1e-6;
    const double there = log_time(posterior.layout, moved, 0, 1, work).value;
    EXPECT_NEAR((there - here.value) / 1e-6, here.gradient[i], 1e-5) << i;
  }
}

TEST(Latency, AFitFindsWhatMadeItsRows) {
  Synthetic synthetic;
  const LatencyPosterior posterior = fit_latency(synthetic.rows(0.02));
  for (const char* device : {"fast", "slow"}) {
    const LatencyRow unseen = synthetic.row("ARTPEC-8", device, "yolo s", 0);
    const Latency latency = posterior.predict(posterior.layout.find_soc("ARTPEC-8"), device, unseen.work);
    EXPECT_NEAR(latency.ms / unseen.latency_ms, 1, 0.1);
    EXPECT_LT(latency.low_ms, unseen.latency_ms);
    EXPECT_GT(latency.high_ms, unseen.latency_ms);
    double sum = 0;
    for (const double part : latency.parts_ms) sum += part;
    EXPECT_NEAR(sum, latency.ms, 1e-9 * latency.ms);
  }
}

TEST(Latency, IntervalsWidenForKindsOfNetworkWithoutRows) {
  Synthetic synthetic;
  std::vector<LatencyRow> rows = synthetic.rows(0.02);
  const Work yolo = synthetic.row("ARTPEC-8", "fast", "yolo n", 0).work;
  const double known = fit_latency(rows).predict(0, "fast", yolo).half_width();
  std::erase_if(rows, [](const LatencyRow& row) { return row.network.starts_with("yolo"); });
  const double unknown = fit_latency(rows).predict(0, "fast", yolo).half_width();
  EXPECT_LT(known, 1.2);
  EXPECT_GT(unknown, 1.5);
}

TEST(Latency, MoreRowsUpdateAFitAsIfFittedTogether) {
  Synthetic synthetic;
  const std::vector<LatencyRow> rows = synthetic.rows(0.02);
  const std::vector<LatencyRow> more{synthetic.row("ARTPEC-8", "new", "classifier", 0)};
  std::vector<LatencyRow> all = rows;
  all.push_back(more.front());
  const auto updated = update_latency(fit_latency(rows), more);
  ASSERT_TRUE(updated) << updated.error();
  const LatencyPosterior together = fit_latency(all);
  for (const char* network : {"ssd", "yolo s"}) {
    const Work work = synthetic.row("ARTPEC-8", "fast", network, 0).work;
    const Latency a = updated->predict(updated->layout.find_soc("ARTPEC-8"), "new", work);
    const Latency b = together.predict(together.layout.find_soc("ARTPEC-8"), "new", work);
    EXPECT_NEAR(a.ms / b.ms, 1, 0.02);
    EXPECT_NEAR(a.half_width() / b.half_width(), 1, 0.02);
    EXPECT_NEAR(a.ms / synthetic.row("ARTPEC-8", "fast", network, 0).latency_ms, 1, 0.1);
  }
}

TEST(Latency, OneRowOfANewSocIsNoCalibration) {
  Synthetic synthetic;
  const LatencyPosterior known = fit_latency(synthetic.rows(0.02));
  const std::vector<LatencyRow> one{synthetic.row("ARTPEC-10", "x", "classifier", 0)};
  const auto updated = update_latency(known, one);
  ASSERT_TRUE(updated) << updated.error();
  EXPECT_FALSE(updated->calibrated(updated->layout.find_soc("ARTPEC-10")));
  EXPECT_TRUE(updated->calibrated(updated->layout.find_soc("ARTPEC-8")));
  std::vector<LatencyRow> two = one;
  two.push_back(synthetic.row("ARTPEC-11", "y", "classifier", 0));
  EXPECT_EQ(
      update_latency(known, two).error(),
      "the rows are of more than one SoC that the published rows lack, the last one 'ARTPEC-11'; fit them together "
      "with the published rows");
}

// Another maker's SoC may lie further from the mean, whether it is fitted with the others or after them.
TEST(Latency, AStrangersRowsUpdateAFitAsIfFittedTogether) {
  Synthetic synthetic;
  const std::vector<LatencyRow> rows = synthetic.rows(0.02);
  const std::vector<LatencyRow> more{synthetic.row("CV25", "new", "classifier", 0)};
  std::vector<LatencyRow> all = rows;
  all.push_back(more.front());
  const auto updated = update_latency(fit_latency(rows), more);
  ASSERT_TRUE(updated) << updated.error();
  const LatencyPosterior together = fit_latency(all);
  const Work work = synthetic.row("CV25", "new", "yolo s", 0).work;
  const Latency a = updated->predict(updated->layout.find_soc("CV25"), "new", work);
  const Latency b = together.predict(together.layout.find_soc("CV25"), "new", work);
  EXPECT_NEAR(a.ms / b.ms, 1, 0.02);
  EXPECT_NEAR(a.half_width() / b.half_width(), 1, 0.02);
}

TEST(Latency, ADeviceWithoutRowsHasAWiderInterval) {
  Synthetic synthetic;
  const LatencyPosterior posterior = fit_latency(synthetic.rows(0.02));
  const Work work = synthetic.row("ARTPEC-8", "fast", "ssd", 0).work;
  EXPECT_GT(posterior.predict(0, "nobody", work).half_width(), 1.3 * posterior.predict(0, "fast", work).half_width());
}

TEST(Validation, ExactRowsAreMissedByLittleAndTheBaselinesByMuch) {
  Synthetic synthetic;
  const std::vector<LatencyRow> rows = synthetic.rows(0);
  const Errors model = errors_of(leave_network_out(rows));
  EXPECT_EQ(model.rows, rows.size());
  EXPECT_LT(model.mape, errors_of(leave_network_out(rows, macs_prediction)).mape / 2);
  EXPECT_LT(model.mape, errors_of(leave_network_out(rows, roofline_prediction)).mape / 2);
  EXPECT_GE(model.coverage_90, 0.9);
  EXPECT_EQ(errors_of(new_device_with_one_row(rows)).rows, 2u * 4 * 3);
}

TEST(Validation, WhatTheBaselinesCannotTellIsWrongButANumber) {
  Synthetic synthetic;
  std::vector<LatencyRow> rows{synthetic.row("ARTPEC-8", "fast", "classifier", 0),
                               synthetic.row("ARTPEC-8", "slow", "classifier", 0)};
  for (const Predictor& predict : {Predictor(macs_prediction), Predictor(roofline_prediction)}) {
    const Errors from_nothing = errors_of(leave_network_out(rows, predict));
    EXPECT_EQ(from_nothing.mape, 1.0);
    EXPECT_EQ(from_nothing.largest_half_width, 1.0);
  }
  Work pooling;
  pooling.body_mb = 1;
  rows.push_back({"ARTPEC-8", "fast", "without weights", pooling, 2.0});
  const Errors of_macs = errors_of(leave_network_out(rows, macs_prediction));
  EXPECT_EQ(of_macs.rows, 3u);
  EXPECT_EQ(of_macs.mape, 1.0);
}

const Graph& small_network() {
  static const Graph graph = graph_from([](auto& g) {
    auto x = g.conv2d(g.input({1, 128, 128, 3}), {.filters = 20, .kernel = 3, .padding = Padding::same});
    x = g.depthwise_conv2d(x, {.kernel = 3, .padding = Padding::same});
    return g.conv2d(g.leaky_relu(x, {0.1f}), {.filters = 24, .kernel = 1});
  });
  return graph;
}

PlacedLatency on_artpec8(std::span<const Check> checks) {
  const LatencyPosterior posterior = published_latency();
  return latency_of(posterior, posterior.layout.find_soc("ARTPEC-8"), "Q1656-LE",
                    {small_network().view(), ElementType::int8, checks, soc::costs_of<soc::Artpec8>()});
}

TEST(PlacedLatency, TheCpuAndSlowOperatorsCostMoreAndAreLessCertain) {
  const std::size_t count = small_network().nodes.size();
  std::vector<Check> checks(count);
  const PlacedLatency fast = on_artpec8(checks);
  double sum = fast.fixed_ms + fast.fetch_ms;
  for (const double ms : fast.operator_ms) sum += ms;
  EXPECT_NEAR(sum, fast.total.ms, 1e-9);
  checks[0] = {Verdict::cpu, nullptr};
  const PlacedLatency fallback = on_artpec8(checks);
  EXPECT_GT(fallback.cpu_ms, 0);
  EXPECT_GT(fallback.total.half_width(), fast.total.half_width());
  EXPECT_GT(fallback.total.ms, fast.total.ms);
  checks[0] = {Verdict::slow, nullptr};
  const PlacedLatency slow_one = on_artpec8(checks);
  EXPECT_NEAR(slow_one.operator_ms[0], slow_factor.value * fast.operator_ms[0], 1e-9);
}

TEST(PlacedLatency, WeightsBeyondTheCacheAreFetched) {
  const soc::Costs costs{.parameter_cache_bytes = 7'500'000};
  Work work;
  work.weight_mb = 5;
  EXPECT_EQ(fetched_mb(work, costs), 0);
  work.weight_mb = 9.5;
  EXPECT_NEAR(fetched_mb(work, costs), 2, 1e-9);
  EXPECT_EQ(fetched_mb(work, {}), 0);
}

std::vector<Advice> advice_on(const soc::TargetInfo& info, const Graph& network = small_network()) {
  std::vector<Check> checks(network.nodes.size());
  const GraphView graph = network.view();
  (void)place(graph, policy_facts<PerTensor>, info.check, info.partition, checks);
  const LatencyPosterior posterior = published_latency();
  return advise({posterior,
                 posterior.layout.find_soc(info.name),
                 "",
                 {graph, ElementType::int8, checks, info.costs},
                 info.partition,
                 info.input_layout});
}

bool tells(const std::vector<Advice>& all, std::string_view text) {
  for (const Advice& advice : all) {
    EXPECT_FALSE(advice.source.empty());
    EXPECT_GE(advice.gain_ms, 0);
    if (advice.text.find(text) != std::string::npos) return true;
  }
  return false;
}

TEST(Advice, FollowsTheChip) {
  const auto artpec8 = advice_on(*soc::find_target("artpec8")), artpec9 = advice_on(*soc::find_target("artpec9"));
  EXPECT_TRUE(tells(artpec8, "multiple of 6"));
  EXPECT_TRUE(tells(artpec8, "regular convolutions"));
  EXPECT_TRUE(tells(artpec8, "do not include LeakyRelu"));
  EXPECT_TRUE(tells(artpec9, "multiple of 16"));
  EXPECT_FALSE(tells(artpec9, "regular convolutions"));
  EXPECT_FALSE(tells(artpec9, "do not include"));
  EXPECT_TRUE(std::ranges::is_sorted(artpec8, std::greater{}, &Advice::gain_ms));
}

TEST(Advice, WholeGroupsOfChannelsNeedNone) {
  const auto with_filters = [](std::int32_t filters) {
    return graph_from([=](auto& g) {
      auto x = g.conv2d(g.input({1, 96, 96, 3}), {.filters = filters, .kernel = 3, .activation = Activation::relu});
      return g.max_pool2d(x, {.kernel = 2, .stride = 2});
    });
  };
  const auto &artpec8 = *soc::find_target("artpec8"), &artpec9 = *soc::find_target("artpec9");
  EXPECT_FALSE(tells(advice_on(artpec8, with_filters(24)), "multiple of 6"));
  EXPECT_TRUE(tells(advice_on(artpec8, with_filters(32)), "multiple of 6"));
  EXPECT_TRUE(tells(advice_on(artpec9, with_filters(24)), "multiple of 16"));
  EXPECT_FALSE(tells(advice_on(artpec9, with_filters(32)), "multiple of 16"));
}

TEST(Advice, NamesTheOperatorsThatAListLacks) {
  const Graph graph = graph_from([](auto& g) {
    auto x = g.exp(g.log(g.input({1, 8, 8, 16})));
    return g.rsqrt(g.exp(x));
  });
  const auto artpec9 = advice_on(*soc::find_target("artpec9"), graph);
  EXPECT_TRUE(tells(artpec9, "ARTPEC-9's documented operators do not include LOG, EXP and RSQRT; choose another"));
  EXPECT_FALSE(tells(artpec9, "this one"));
}

TEST(Advice, ReplacesLargeStridesByPoolingOnArtpec8) {
  const auto with_stride = [](std::int32_t stride) {
    return graph_from([=](auto& g) {
      auto x = g.conv2d(g.input({1, 96, 96, 3}), {.filters = 24, .kernel = 4, .stride = stride});
      return g.relu(x);
    });
  };
  EXPECT_FALSE(tells(advice_on(*soc::find_target("artpec8"), with_stride(2)), "use pooling"));
  EXPECT_TRUE(tells(advice_on(*soc::find_target("artpec8"), with_stride(4)), "use pooling"));
  EXPECT_FALSE(tells(advice_on(*soc::find_target("artpec7"), with_stride(4)), "use pooling"));
}

TEST(Advice, SmallerNetworksFitTheCacheOfArtpec7) {
  const auto with_weights = [](std::int32_t units) {
    return graph_from([=](auto& g) { return g.fully_connected(g.input({1, 1000}), {.units = units}); });
  };
  EXPECT_FALSE(tells(advice_on(*soc::find_target("artpec7"), with_weights(7400)), "parameter cache"));
  EXPECT_TRUE(tells(advice_on(*soc::find_target("artpec7"), with_weights(7600)), "parameter cache"));
  EXPECT_FALSE(tells(advice_on(*soc::find_target("artpec9"), with_weights(7600)), "parameter cache"));
}

TEST(Advice, ConvolutionsPadByThemselvesOnArtpec9) {
  const Graph graph = graph_from([](auto& g) {
    auto x = g.pad(g.input({1, 96, 96, 16}), {.before = {0, 1, 1}, .after = {0, 1, 1}});
    return g.conv2d(x, {.filters = 16, .kernel = 3});
  });
  EXPECT_TRUE(tells(advice_on(*soc::find_target("artpec9"), graph), "explicit padding"));
  EXPECT_FALSE(tells(advice_on(*soc::find_target("artpec7"), graph), "explicit padding"));
}

TEST(Advice, RowsOfThirtyTwoNeedNoPaddingOnCv25) {
  const auto of_width = [](std::int32_t width) {
    return graph_from([=](auto& g) { return g.relu(g.input({1, 96, width, 3})); });
  };
  EXPECT_TRUE(tells(advice_on(*soc::find_target("cv25"), of_width(300)), "padded to 320"));
  EXPECT_FALSE(tells(advice_on(*soc::find_target("cv25"), of_width(320)), "padded"));
  const Graph widest = graph_from([](auto& g) { return g.relu(g.input({1, 1, 2147483647, 1})); });
  EXPECT_TRUE(tells(advice_on(*soc::find_target("cv25"), widest), "padded to 2147483648"));
}

TEST(PublishedLatency, KnowsTheDevicesOfTheTargets) {
  const LatencyPosterior posterior = published_latency();
  for (const soc::TargetInfo& target : soc::targets) {
    for (const soc::Device& device : target.devices) {
      const std::size_t soc = posterior.layout.find_soc(target.name);
      ASSERT_NE(soc, LatencyLayout::absent);
      EXPECT_NE(posterior.layout.find_device(soc, device.name), LatencyLayout::absent) << device.name;
      EXPECT_TRUE(posterior.calibrated(soc));
    }
  }
}

}  // namespace
}  // namespace estimate_latency_test
