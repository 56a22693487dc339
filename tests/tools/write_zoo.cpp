// Writes networks of the zoo with invented weights as .tflite files, for tools/check_written.py:
//
//     g++ -std=c++20 -O1 -Iinclude -Itests tests/tools/write_zoo.cpp tests/support/rounding_*.cpp
//         -o write_zoo -lgtest
//     ./write_zoo FOLDER [zoo:NAME?key=value,... ...] && python tools/check_written.py FOLDER
//
// Without names: all of them as published.

#include <algorithm>
#include <string>
#include <vector>

#include "dlpu/zoo/parse.hpp"
#include "support/network_writer.hpp"

int main(int argc, char** argv) {
  using namespace dlpu;
  if (argc < 2) written::fail(std::string("usage: ") + argv[0] + " FOLDER [zoo:NAME?key=value,... ...]");
  std::filesystem::create_directories(argv[1]);
  const written::NetworkWriter writer(argv[1]);
  std::vector<std::string> texts(argv + 2, argv + argc);
  if (texts.empty()) {
    for (const zoo::Network& network : zoo::catalogue()) texts.emplace_back(network.name);
  }
  for (const std::string& text : texts) {
    const Graph graph = written::require(zoo::parse(text)).build();
    if (graph.problem) written::fail(text + ": " + std::string(graph.problem->sentence));
    std::string name = text;
    std::ranges::replace_if(
        name, [](char c) { return c == ':' || c == '?' || c == ',' || c == '='; }, '_');
    writer.write_random<PerChannel>(name, graph, 1);
  }
}
