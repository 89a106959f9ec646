#include "infer/template/template.h"

#include <new>

#include "base/core/utf8.h"
#include "infer/template/evaluator.h"
#include "infer/template/lexer.h"
#include "infer/template/parser.h"
#include "infer/template/scope.h"

namespace ferry {
namespace {

// Far above published templates (at most some 20 kB); bounds what parsing can take.
constexpr size_t kMaxSource = size_t{1} << 20;
constexpr size_t kMaxTreeBytes = size_t{256} << 20;

Error located(jinja::TemplateError error, std::string_view name, uint32_t otherwise) {
  const uint32_t line = error.line != 0 ? error.line : otherwise;
  return {error.code, fmt::format("{}:{}: {}", name, line, error.message)};
}

// Turns spans of the output into origins and generation spans.
RenderedChat describe(jinja::Runtime& rt, const jinja::Text& text) {
  RenderedChat chat;
  chat.text = jinja::view(rt, text);
  const jinja::OriginSpan whole[] = {{text.bytes, text.origin}};
  const auto spans = text.spans.empty() ? std::span<const jinja::OriginSpan>(whole) : text.spans;
  size_t begin = 0;
  jinja::OriginId last = 0;
  for (const auto& [end, id] : spans) {
    if (begin == end) continue;
    if ((id & jinja::kGeneratedFlag) != 0) {
      const bool joins = !chat.generation_spans.empty() && chat.generation_spans.back().second == begin;
      if (!joins) chat.generation_spans.emplace_back(begin, begin);
      chat.generation_spans.back().second = end;
    }
    const jinja::OriginId source = id & ~jinja::kGeneratedFlag;
    if (source != 0 && source == last && chat.origins.back().end == begin) {
      chat.origins.back().end = end;
    } else if (Origin origin{begin, end, -1, {}}; jinja::describe_origin(rt, source, origin)) {
      chat.origins.push_back(std::move(origin));
    }
    last = source;
    begin = end;
  }
  return chat;
}

}  // namespace

struct ChatTemplate::Parsed {
  std::string source;
  std::string name;
  jinja::Arena arena{kMaxTreeBytes};
  jinja::TemplateNode root{};
};

ChatTemplate::ChatTemplate(std::unique_ptr<Parsed> parsed) : parsed_(std::move(parsed)) {}
ChatTemplate::~ChatTemplate() = default;

const std::string& ChatTemplate::source() const {
  return parsed_->source;
}
const std::string& ChatTemplate::name() const {
  return parsed_->name;
}

Result<std::shared_ptr<const ChatTemplate>> ChatTemplate::parse(std::string source, std::string_view name) {
  if (source.size() > kMaxSource) {
    return fail(ErrorCode::resource_exhausted, "{}: a template of {} bytes; at most {} are read", name,
                source.size(), kMaxSource);
  }
  if (!is_valid_utf8(source))
    return fail(ErrorCode::invalid_argument, "{}: the template is not valid UTF-8", name);
  auto parsed = std::make_unique<Parsed>();
  parsed->source = std::move(source);
  parsed->name = name;
  try {
    const std::string_view text = jinja::normalise_newlines(parsed->arena, parsed->source);
    parsed->root = jinja::parse_template(parsed->arena, text);
    jinja::resolve_names(parsed->arena, parsed->root);
  } catch (const jinja::TemplateError& error) {
    return tl::unexpected<Error>(located(error, name, 1));
  } catch (const std::bad_alloc&) {
    return fail(ErrorCode::resource_exhausted, "{}: not enough memory to parse the template", name);
  }
  return std::shared_ptr<const ChatTemplate>(new ChatTemplate(std::move(parsed)));
}

Result<RenderedChat> ChatTemplate::render(const json::object& context, const RenderOptions& options) const {
  jinja::Runtime rt(options);
  jinja::Evaluator evaluator(rt, context);
  try {
    return describe(rt, *evaluator.render(parsed_->root));
  } catch (const jinja::TemplateError& error) {
    return tl::unexpected<Error>(located(error, parsed_->name, evaluator.line()));
  } catch (const std::bad_alloc&) {
    return fail(ErrorCode::resource_exhausted, "{}: not enough memory to render the template", parsed_->name);
  }
}

}  // namespace ferry
