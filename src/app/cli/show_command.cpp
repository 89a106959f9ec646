#include "app/cli/text_table.h"
#include "app/cli/verbs.h"
#include "base/core/json.h"
#include "infer/hub/hub.h"
#include "infer/hub/model_texts.h"
#include "infer/model/describe.h"
#include "infer/tokenizer/tokenizer.h"

namespace ferry::cli {
namespace {

std::string_view scaling_name(RopeScaling scaling) {
  switch (scaling) {
    case RopeScaling::none:
      return "none";
    case RopeScaling::linear:
      return "linear";
    case RopeScaling::llama3:
      return "llama3";
  }
  return "?";
}

// Everything that there is to say about one model.
struct Shown {
  LocalModel model;
  ModelDescription description;
  std::shared_ptr<const Tokenizer> tokenizer;
  ModelTexts texts;
};

Result<Shown> look_at(const std::string& name) {
  Shown shown;
  FERRY_TRY(shown.model, resolve_model(name, HubFolders::from_environment()));
  FERRY_TRY(shown.description, describe(shown.model.path));
  FERRY_TRY(shown.tokenizer, Tokenizer::open(shown.model.path));
  FERRY_TRY(shown.texts, read_model_texts(shown.model.path));
  return shown;
}

// What comes out of an encoder.
std::string product_of(const ArchSpec& spec) {
  return spec.classifier ? fmt::format("scores of pairs ({} labels)", spec.classifier->labels) : "embeddings";
}

int32_t widest_window(const ArchSpec& spec) {
  int32_t window = 0;
  for (const LayerSpec& layer : spec.layers) window = std::max(window, layer.window);
  return window;
}

std::string rope_text(const RopeSpec& rope) {
  std::string text = fmt::format("theta {}", rope.theta);
  if (rope.scaling != RopeScaling::none) {
    text += fmt::format(", {} scaling by {}", scaling_name(rope.scaling), rope.factor);
  }
  if (!rope.divisors.empty()) text += ", scaled by the file's own factors";
  return text;
}

std::string attention_text(const ArchSpec& spec) {
  std::string text =
      fmt::format("{} heads of {}, {} for keys and values", spec.heads, spec.head_dim, spec.kv_heads);
  if (spec.attention == AttentionKind::bidirectional)
    text = fmt::format("{} heads of {}, in both directions", spec.heads, spec.head_dim);
  if (spec.qk_norm) text += ", normalised queries and keys";
  if (spec.qkv_bias) text += ", biases";
  if (const int32_t window = widest_window(spec); window > 0) text += fmt::format(", window of {}", window);
  return text;
}

std::string types_text(const ModelDescription& description) {
  std::vector<std::string> parts;
  for (const DTypeShare& share : description.dtypes) {
    parts.push_back(fmt::format("{} {} ({})", dtype_info(share.dtype).name, count_text(share.parameters),
                                bytes_text(static_cast<uint64_t>(share.bytes))));
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

void print_table(const Shown& shown, std::ostream& out) {
  const ArchSpec& spec = shown.description.spec;
  TextTable table;
  table.add({"name", shown.model.name});
  table.add({"path", shown.model.path.string()});
  table.add({"format", fmt::format("{}, {} on disk", shown.model.format, bytes_text(shown.model.bytes))});
  table.add({"family", spec.family});
  table.add({"parameters",
             fmt::format("{} ({})", count_text(shown.description.parameters), shown.description.parameters)});
  table.add({"types", types_text(shown.description)});
  table.add({"context", fmt::format("{} tokens", spec.max_positions)});
  table.add({"layers", fmt::format("{}, {} wide, feed-forward {}", spec.layers.size(), spec.hidden,
                                   spec.intermediate)});
  table.add({"attention", attention_text(spec)});
  if (spec.positions == PositionKind::rope) {
    table.add({"rope", rope_text(spec.rope)});
  } else {
    table.add({"positions", "learned"});
  }
  table.add({"vocabulary", fmt::format("{}{}", spec.vocab, spec.tied_embeddings ? ", tied embeddings" : "")});
  table.add(
      {"tokenizer", fmt::format("{}, {} tokens", shown.tokenizer->kind(), shown.tokenizer->vocab_size())});
  if (spec.makes_text()) {
    table.add({"chat template",
               shown.texts.chat_template.empty() ? "no: completions only" : "yes (--template prints it)"});
  } else {
    table.add({"makes", product_of(spec)});
  }
  table.print(out);
}

void write_dtypes(JsonWriter& w, const ModelDescription& description) {
  w.key("dtypes");
  w.begin_array();
  for (const DTypeShare& share : description.dtypes) {
    w.begin_object();
    w.member("dtype", dtype_info(share.dtype).name);
    w.member("parameters", share.parameters);
    w.member("bytes", share.bytes);
    w.end_object();
  }
  w.end_array();
}

void write_architecture(JsonWriter& w, const ArchSpec& spec) {
  w.key("architecture");
  w.begin_object();
  w.member("family", spec.family);
  w.member("vocab", spec.vocab);
  w.member("hidden", spec.hidden);
  w.member("layers", spec.layers.size());
  w.member("heads", spec.heads);
  w.member("kv_heads", spec.kv_heads);
  w.member("head_dim", spec.head_dim);
  w.member("intermediate", spec.intermediate);
  w.member("max_positions", spec.max_positions);
  w.member("window", widest_window(spec));
  w.member("bidirectional", spec.attention == AttentionKind::bidirectional);
  if (spec.positions == PositionKind::rope) {
    w.member("rope_theta", spec.rope.theta);
    w.member("rope_scaling", scaling_name(spec.rope.scaling));
    w.member("rope_factor", spec.rope.factor);
  }
  w.member("qk_norm", spec.qk_norm);
  w.member("qkv_bias", spec.qkv_bias);
  w.member("tied_embeddings", spec.tied_embeddings);
  w.end_object();
}

void print_json(const Shown& shown, std::ostream& out) {
  std::string text;
  JsonWriter w(text);
  w.begin_object();
  w.member("name", shown.model.name);
  w.member("path", shown.model.path.string());
  w.member("format", shown.model.format);
  w.member("bytes", shown.model.bytes);
  w.member("parameters", shown.description.parameters);
  write_dtypes(w, shown.description);
  write_architecture(w, shown.description.spec);
  w.key("tokenizer");
  w.begin_object();
  w.member("kind", shown.tokenizer->kind());
  w.member("vocab", shown.tokenizer->vocab_size());
  w.end_object();
  w.member("chat_template", !shown.texts.chat_template.empty());
  w.end_object();
  out << text << '\n';
}

class ShowCommand final : public Command {
 public:
  Declaration declare() override {
    return {.about = "Tells what a model is, from its headers alone: nothing is loaded.",
            .examples =
                "ferry show pilot\nferry show ./llama-3.2-1b-q8_0.gguf --json\nferry show pilot --template",
            .options = {{"MODEL", &model_, "name or path", true},
                        {"--json", &json_, "print a JSON object"},
                        {"--template", &template_, "print the chat template and nothing else"}}};
  }

  Result<int> run(Console& console) override {
    if (template_) return print_template(console);
    FERRY_TRY(const Shown shown, look_at(model_));
    json_ ? print_json(shown, console.out) : print_table(shown, console.out);
    return 0;
  }

 private:
  Result<int> print_template(Console& console) const {
    FERRY_TRY(const LocalModel model, resolve_model(model_, HubFolders::from_environment()));
    FERRY_TRY(const ModelTexts texts, read_model_texts(model.path));
    if (texts.chat_template.empty()) {
      return fail(ErrorCode::not_found, "{} has no chat template", model.path.string());
    }
    console.out << texts.chat_template;
    if (console.out_is_terminal && !texts.chat_template.ends_with('\n')) console.out << '\n';
    return 0;
  }

  std::string model_;
  bool json_ = false;
  bool template_ = false;
};

}  // namespace

std::unique_ptr<Command> make_show_command() {
  return std::make_unique<ShowCommand>();
}

}  // namespace ferry::cli
