#pragma once
// One request to a model and its answer, free of any vendor's wire format: what the dialects can say, all of
// it. Each dialect file (wire_dialect.h) reads its wire format into GenerationRequest and writes deltas and
// results back out of it, and the other way round. Beside them may stand the bytes that they were read from,
// for an end that speaks the same dialect.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/core/json.h"
#include "serve/dialects/features.h"

namespace ferry {

using TokenId = int32_t;

struct WireDialect;

// A request's body as it came.
struct WireBody {
  const WireDialect* dialect = nullptr;
  std::string bytes;
  // Of the client's headers those that an upstream of the dialect gets, too; names in lower case.
  std::vector<std::pair<std::string, std::string>> headers = {};
};

// A server-sent event as it came.
struct WireEvent {
  std::string name;  // empty: none
  std::string data;
};

// Up to here the prompt may be cached.
struct CacheMark {
  std::string ttl = {};  // "5m", "1h"; empty: the vendor's default
};

// What an image, a sound or a file consists of: one of data, url and file_id is filled, or the part's text.
struct Media {
  std::string type = {};     // "image/png"; of sounds also a bare format, "wav"; empty: not known
  std::string data = {};     // base64
  std::string url = {};      // of http, https or data:
  std::string file_id = {};  // the vendor's, of a file that was sent before
  std::string name = {};     // a file's name, a document's title
  std::string detail = {};   // of images, OpenAI's: low, high, auto
};

struct ContentPart {
  enum class Kind : uint8_t {
    text,
    refusal,  // the assistant's words why it will not answer
    image,
    audio,
    file,              // documents as well; `text` where they are plain text
    thought,           // `text`, with `signature` where its vendor wants it back unchanged
    redacted_thought,  // `signature`: what its vendor wants back, not for our eyes
    other,             // only the request's dialect knows it: `raw`
  };

  std::string text = {};
  Kind kind = Kind::text;
  std::string signature = {};
  Media media = {};
  std::optional<CacheMark> cache = {};
  json::value raw = {};    // of kind other: the part as it was sent
  json::object rest = {};  // of the others: members that nothing above holds, in the request's dialect

  bool is_words() const { return kind == Kind::text || kind == Kind::refusal; }
};

struct ToolCall {
  static constexpr size_t kLast = SIZE_MAX;

  std::string id;
  std::string name;
  std::string arguments;  // JSON text, as the model wrote it
  std::optional<CacheMark> cache = {};
  size_t place = kLast;    // parts of its message that stand before it
  json::object rest = {};  // as a part's
};

struct ChatMessage {
  std::string role;                  // system, developer, user, assistant or tool
  std::vector<ContentPart> content;  // a plain string is one part; empty where there is none
  std::string name;                  // empty: not given
  std::vector<ToolCall> tool_calls;  // of the assistant
  std::string tool_call_id;          // of a tool: the call that it answers
  // The message in OpenAI's form, for the chat template and for OpenAI's wire. Null where it came in another
  // form: openai_message() (openai_writing.h) makes it of the fields above.
  json::value raw = {};
  bool is_error = false;                // of a tool: the call failed
  std::optional<CacheMark> cache = {};  // of a tool's result as a whole
  json::object rest = {};               // the same, as a part's
};

// The texts and refusals among the parts, joined by line breaks.
std::string text_of(const ChatMessage& message);

// A function that the model may call.
struct ToolDefinition {
  std::string name;
  json::value parameters = {};  // JSON Schema of its arguments, an object; null: it takes none
  bool strict = false;          // no arguments come about that the schema does not admit
  // In OpenAI's form, for the chat template. Null where it came in another: openai_tool() makes it. Of a tool
  // that is no function, the tool as it was sent.
  json::value raw = {};
  std::string description = {};
  std::string type = {};  // empty: a function. Else what its dialect calls it: "web_search_20250305"
  std::optional<CacheMark> cache = {};
  json::object rest = {};  // as a part's
};

struct ToolRequest {
  enum class Choice : uint8_t {
    automatic,  // the model may call tools, or answer in words
    none,       // it answers in words, and is not told about tools
    required,   // it calls
  };

  std::vector<ToolDefinition> tools = {};
  Choice choice = Choice::automatic;
  std::vector<std::string> allowed = {};  // names of the only ones that may be called; empty: all may be
  bool parallel = true;                   // several calls in one answer

  bool offered() const { return !tools.empty() && choice != Choice::none; }
};

// Of models that think before they answer.
struct ThoughtPolicy {
  std::optional<int64_t> budget;  // tokens; then the thought is ended. 0: none
  std::string effort = {};        // none, minimal, low, medium, high, xhigh, max; empty: the model's own way
  bool split = true;              // the thought is told apart from the text; else it is a part of it
  bool report = true;             // the thought is part of the answer
  bool adaptive = false;          // asked for, and the model decides how long
  std::string display = {};       // Anthropic's: summarized, omitted; empty: the vendor's default
};

// What was asked for; what is not set is the model's own default.
struct SamplingRequest {
  std::optional<double> temperature;         // [0, 2]; 0 is greedy
  std::optional<double> top_p;               // [0, 1]
  std::optional<double> min_p;               // [0, 1]
  std::optional<double> typical_p;           // [0, 1]
  std::optional<int64_t> top_k;              // 0: off
  std::optional<double> presence_penalty;    // [-2, 2]
  std::optional<double> frequency_penalty;   // [-2, 2]
  std::optional<double> repetition_penalty;  // (0, 100]; 1: off
  std::optional<int64_t> seed;
  std::vector<std::pair<TokenId, float>> logit_bias;  // added to the logits, ids ascending; [-100, 100]
                                                      // or -infinity: never
  std::vector<TokenId> allowed_tokens;                // nothing else is picked; empty: all are allowed
  std::vector<std::string> bad_words;                 // never part of the answer; none empty
};

struct StopRequest {
  std::optional<int64_t> max_tokens;  // not set: up to the context's end. 0 only with echo
  int64_t min_tokens = 0;             // before these, nothing ends the text
  std::vector<std::string> strings;   // none empty
  std::vector<TokenId> token_ids = {};
  bool ignore_eos = false;
  bool include_in_text = false;  // what ends the text is part of it
  // Of a text of more than one line.
  int64_t least_indent = 0;         // a later line with fewer spaces and tabs before it ends the text
  std::optional<int64_t> lines_ms;  // nothing but the first line is waited for any longer than this
};

// Text to be tokenised, or tokens as they are.
using Prompt = std::variant<std::string, std::vector<TokenId>>;

// Another file of the repository in which text is filled in.
struct ContextFile {
  std::string name;
  std::string text;
};

// The answer is to stand between the prompt and `suffix`: fill-in-the-middle.
struct InfillRequest {
  std::string suffix;
  std::vector<ContextFile> files = {};  // the most relevant last
  std::string field = {};               // of the request, that asked for it
};

// How messages or prompts become the tokens that the model sees.
struct PromptRequest {
  enum class Side { left, right };

  json::object template_arguments;         // extra variables of the chat template
  bool continue_final_message = false;     // the answer goes on where the last message ends
  std::optional<bool> add_special_tokens;  // not set: raw prompts get them, chats have the template's
  std::optional<int64_t> truncate;         // keep so many tokens at most; -1: as many as the context allows
  Side truncate_side = Side::left;         // where tokens are dropped
};

// What the answer says beside its text.
struct ReportRequest {
  std::optional<int> top_logprobs;     // set: the chosen token's logprob and those of this many best tokens
  std::optional<int> prompt_logprobs;  // set: the same for the prompt's tokens
  bool echo = false;            // the text begins with the prompt's (a chat's: the last message's, if it is
                                // the assistant's)
  bool token_ids = false;       // the prompt's and the answer's
  bool prompt_text = false;     // of a chat, as its template rendered it
  bool tokens_as_ids = false;   // where logprobs name tokens: "token_id:17"
  bool special_tokens = false;  // special tokens are part of the text
  // Of llama.cpp's answers: its tokens, and nothing but these members where any are named.
  bool tokens = false;
  std::vector<std::string> members = {};
};

// What the answer's text must be. A format that cannot be kept to is refused, never ignored.
struct OutputFormat {
  enum class Kind { json_object, json_schema, regex, choice, gbnf };

  Kind kind = Kind::json_object;
  json::value schema = {};                // of json_schema
  std::string text = {};                  // of regex and gbnf (llama.cpp's grammar language)
  std::vector<std::string> choices = {};  // of choice
  bool compact = false;                   // JSON without white space
  bool in_order = false;                  // properties in the schema's order; otherwise as the model prefers
  std::string field = {};                 // of the request, that asked for it
  std::string name = {};                  // of json_schema
  std::string description = {};           // the same
  std::optional<bool> strict = {};        // the same; our engine always is
};

// Vectors of the prompts are wanted, and no text.
struct VectorRequest {
  bool add_special_tokens = true;          // around texts
  std::optional<int64_t> truncate = {};    // as EmbeddingRequest has it
  std::optional<int64_t> dimensions = {};  // at least 1
  bool base64 = false;                     // how the answer writes them
};

struct GenerationRequest {
  std::string model;

  // A chat (messages) or raw prompts: one of the two is filled.
  std::vector<ChatMessage> messages;
  std::vector<Prompt> prompts;
  std::optional<InfillRequest> infill;        // of raw prompts
  std::optional<VectorRequest> vectors = {};  // of raw prompts; nothing below that concerns text is set then
  PromptRequest prompt;

  int n = 1;        // choices of the chat, or of each prompt
  int best_of = 1;  // of so many, the n with the best mean logprob; at least n
  SamplingRequest sampling;
  StopRequest stop;
  std::optional<OutputFormat> format;
  ToolRequest tools;      // of a chat
  ThoughtPolicy thought;  // of a chat
  ReportRequest report;
  bool stream = false;
  bool stream_usage = false;  // the stream ends with its usage

  int priority = 0;        // lower goes first
  std::string cache_salt;  // prefixes are shared only between requests with the same one
  std::string tenant;      // on whose behalf: set by the server, not by the request
  std::string id;          // the client's own name for the request; empty: none

  std::string user;                  // the application's own id of its end user, for the record
  std::string traceparent = {};      // W3C trace context for who answers; set by the server, empty: none
  std::vector<std::string> ignored;  // fields that no version of the API names, for the debug log

  const WireDialect* dialect = nullptr;       // that it was read from; null: from none of them
  std::vector<FeatureUse> met = {};           // by its reader, beside what the fields above say
  json::object foreign = {};                  // the body's members that nothing above holds
  std::shared_ptr<const WireBody> wire = {};  // what it was read from, while it says the same as the fields
};

// Of the whole answer: prompt p's i-th is number p · n + i.
size_t choice_count(const GenerationRequest& request);

enum class FinishReason : uint8_t {
  stop,
  length,
  tool_calls,
  content_filter,  // the model, or a filter behind it, refuses to go on
  pause,           // a server's tools take long: sent back as it is, the answer goes on
};

// What ended the text: a token of StopRequest::token_ids or one of its strings. Neither: the model itself.
using StopCause = std::variant<std::monostate, TokenId, std::string>;

struct TokenAlternative {
  TokenId id = 0;
  std::string text;  // the token's bytes; may be a part of a character
  float logprob = 0;
  int32_t rank = 0;  // 1: the most probable. Of a prompt's tokens only
};

struct TokenLogprob {
  TokenAlternative chosen;
  std::vector<TokenAlternative> top = {};  // the most probable first, `chosen` among them or not
  bool is_first = false;                   // of the prompt: nothing says how likely it was
};

// What there is to tell about one prompt, as far as it was asked for.
struct PromptReport {
  std::vector<TokenId> token_ids = {};
  std::vector<TokenLogprob> logprobs = {};
  std::string text = {};
};

// A piece of one call.
struct CallDelta {
  int index = 0;               // of the call in its choice
  std::string id = {};         // with the call's first piece
  std::string name = {};       // the same
  std::string arguments = {};  // more of their JSON text. A choice that ends in `length` may leave the last
                               // call's incomplete
};

// A part of the thought that its vendor wants back unchanged.
struct ThoughtSeal {
  std::string text = {};  // the thought since the last seal, once more
  std::string signature = {};
  std::string redacted = {};  // or a part that is not for our eyes; then there is nothing else
};

// A piece of one choice: of its thought, its seal, its text, its calls, in this order. Texts are whole
// characters; they may be empty while logprobs are not, and lag behind them.
struct GenerationDelta {
  int index = 0;  // of the choice
  std::string thought = {};
  std::string text = {};
  std::vector<CallDelta> calls = {};
  std::vector<TokenLogprob> logprobs = {};  // empty unless asked for
  std::vector<TokenId> token_ids = {};      // the same
  std::optional<FinishReason> finish = {};  // set on the last piece of the choice
  StopCause cause = {};                     // with it
  std::optional<PromptReport> prompt = {};  // with the first piece of each of the prompt's choices, if
                                            // anything about it was asked for
  std::optional<ThoughtSeal> seal = {};     // with the last piece of what it seals, or after it
  std::string refusal = {};                 // why it will not answer, apart from the text
  std::vector<json::value> others = {};     // parts that only its vendor's dialect knows; whole
  std::vector<float> vector = {};           // of VectorRequest; whole
  // The event that it was read from, on the first delta of each event; an event that says nothing else has an
  // empty delta.
  std::shared_ptr<const WireEvent> wire = {};
};

struct Usage {
  int64_t prompt_tokens = 0;  // all of them: those of the cache, read or written, are among them
  int64_t completion_tokens = 0;
  int64_t cached_tokens = 0;            // of prompt_tokens: found in the prefix cache
  int64_t thought_tokens = 0;           // of completion_tokens
  int64_t cache_written_tokens = 0;     // of prompt_tokens: put into the cache, where that has its price
  int64_t cache_written_1h_tokens = 0;  // of these: for an hour

  bool operator==(const Usage&) const = default;
};

struct GenerationChoice {
  std::string thought = {};
  std::string text = {};
  std::vector<ToolCall> calls = {};
  std::vector<TokenLogprob> logprobs = {};
  std::vector<TokenId> token_ids = {};
  FinishReason finish = FinishReason::stop;
  StopCause cause;
  std::optional<PromptReport> prompt;
  std::vector<ThoughtSeal> seals = {};  // the sealed parts of `thought`, in their order
  std::string refusal = {};
  std::vector<json::value> others = {};
  std::vector<float> vector = {};  // of VectorRequest
};

// A whole answer.
struct GenerationResult {
  std::vector<GenerationChoice> choices;
  Usage usage;
};

// A prompt as the model sees it.
struct TokenizedPrompt {
  std::vector<TokenId> tokens;
  std::vector<std::string> texts;  // the vocabulary's spelling of each
};

// Collects one more piece; grows `choices` to its index.
void append(GenerationResult& result, GenerationDelta delta);

// What every chunk and the whole answer of one exchange say about it.
struct ExchangeIdentity {
  std::string id;           // "chatcmpl-…", "cmpl-…"
  int64_t created = 0;      // seconds since 1970
  std::string model;        // the name that was asked for
  std::string fingerprint;  // changes with whatever may change the answers: build, kernel table, weights
};

}  // namespace ferry
