// BERT, RoBERTa and DistilBERT: post-norm encoders with learned positions and biases everywhere (Devlin et
// al., 2018; Liu et al., 2019; Sanh et al., 2019). Sentence encoders (MiniLM, BGE, E5, GTE) and
// cross-encoders are of these classes.

#include "infer/model/families/family.h"

namespace ferry {
namespace {

// The models that a class's weights come from.
enum class Head { none, classifier };

// What a configuration calls its sizes.
struct Keys {
  const char* hidden = "hidden_size";
  const char* layers = "num_hidden_layers";
  const char* heads = "num_attention_heads";
  const char* intermediate = "intermediate_size";
  const char* activation = "hidden_act";
};
constexpr Keys kDistilKeys = {"dim", "n_layers", "n_heads", "hidden_dim", "activation"};

void read_layers(ConfigReader& config, const Keys& keys, ArchSpec& spec) {
  const int32_t layers = config.count(keys.layers);
  if (layers > kMaxLayers) config.invalid(keys.layers, fmt::format("is {}; at most {}", layers, kMaxLayers));
  spec.layers.resize(static_cast<size_t>(std::min(layers, kMaxLayers)));
}

ClassifierSpec read_classifier(ConfigReader& config) {
  ClassifierSpec classifier;
  constexpr int32_t kDefaultLabels = 2;  // the classes' own
  classifier.labels =
      config.optional_count("num_labels").value_or(config.members("id2label", kDefaultLabels));
  return classifier;
}

ArchSpec read_encoder(ConfigReader& config, Head head, const Keys& keys = {}) {
  ArchSpec spec;
  spec.vocab = config.count("vocab_size");
  spec.hidden = config.count(keys.hidden);
  spec.heads = config.count(keys.heads);
  if (spec.hidden % spec.heads != 0) {
    config.invalid(keys.heads,
                   fmt::format("is {}, which does not divide {} {}", spec.heads, keys.hidden, spec.hidden));
  }
  spec.kv_heads = spec.heads;
  spec.head_dim = spec.hidden / spec.heads;
  spec.intermediate = config.count(keys.intermediate);
  spec.max_positions = config.count("max_position_embeddings");
  spec.norm_eps = static_cast<float>(config.number("layer_norm_eps", 1e-12));
  spec.token_types = config.optional_count("type_vocab_size", 0).value_or(2);
  read_layers(config, keys, spec);

  spec.attention = AttentionKind::bidirectional;
  spec.norm = NormKind::layer;
  spec.norm_place = NormPlace::after;
  spec.feed_forward = FeedForwardKind::gelu;
  spec.positions = PositionKind::learned;
  spec.embedding_norm = spec.qkv_bias = spec.output_bias = true;
  if (head == Head::classifier) spec.classifier = read_classifier(config);

  const std::string activation = config.text(keys.activation, "gelu");
  if (activation != "gelu")
    config.unsupported(keys.activation, fmt::format("\"{}\" (only gelu)", activation));
  const std::string positions = config.text("position_embedding_type", "absolute");
  if (positions != "absolute")
    config.unsupported("position_embedding_type", fmt::format("\"{}\" (only absolute)", positions));
  config.refuse({"is_decoder", "add_cross_attention", "quantization_config"});
  return spec;
}

template <Head kHead>
ArchSpec bert(ConfigReader& config) {
  return read_encoder(config, kHead);
}

// Positions are counted from the padding token's ID on, which takes one of them.
template <Head kHead>
ArchSpec roberta(ConfigReader& config) {
  ArchSpec spec = read_encoder(config, kHead);
  spec.position_offset = config.optional_count("pad_token_id", 0).value_or(1) + 1;
  if (spec.position_offset >= spec.max_positions) {
    config.invalid("max_position_embeddings", fmt::format("is {}, of which pad_token_id takes {}",
                                                          spec.max_positions, spec.position_offset));
  }
  spec.max_positions = std::max(1, spec.max_positions - spec.position_offset);
  return spec;
}

// Without segments. (Its sinusoidal positions are stored as a table like learned ones.)
ArchSpec distilbert(ConfigReader& config) {
  ArchSpec spec = read_encoder(config, Head::none, kDistilKeys);
  spec.token_types = 0;
  return spec;
}

constexpr Family kBertClasses[] = {
    {"bert", "BertModel", "bert", "", bert<Head::none>, nullptr, &kBertNames},
    {"bert", "BertForMaskedLM", "", "", bert<Head::none>, nullptr, &kBertNames},
    {"bert", "BertForSequenceClassification", "", "", bert<Head::classifier>, nullptr, &kBertNames},
};

constexpr Family kRobertaClasses[] = {
    {"roberta", "RobertaModel", "roberta", "", roberta<Head::none>, nullptr, &kRobertaNames},
    {"roberta", "RobertaForMaskedLM", "", "", roberta<Head::none>, nullptr, &kRobertaNames},
    {"roberta", "RobertaForSequenceClassification", "", "", roberta<Head::classifier>, nullptr,
     &kRobertaNames},
    {"roberta", "XLMRobertaModel", "xlm-roberta", "", roberta<Head::none>, nullptr, &kRobertaNames},
    {"roberta", "XLMRobertaForMaskedLM", "", "", roberta<Head::none>, nullptr, &kRobertaNames},
    {"roberta", "XLMRobertaForSequenceClassification", "", "", roberta<Head::classifier>, nullptr,
     &kRobertaNames},
};

constexpr Family kDistilBertClasses[] = {
    {"distilbert", "DistilBertModel", "distilbert", "", distilbert, nullptr, &kDistilBertNames},
    {"distilbert", "DistilBertForMaskedLM", "", "", distilbert, nullptr, &kDistilBertNames},
};

}  // namespace

const std::span<const Family> kBert = kBertClasses;
const std::span<const Family> kRoberta = kRobertaClasses;
const std::span<const Family> kDistilBert = kDistilBertClasses;

}  // namespace ferry
