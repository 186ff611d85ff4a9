#!/usr/bin/awk -f
# SPDX-License-Identifier: MIT
# What Doxygen is given in place of a header or a page, line for line as long, so that sources may stay
# as they read best: plain // comments where they tell of members, indented lines that keep their
# layout, <angle brackets>; in pages, links and pictures by the paths that they have in the repository.

FNR == 1 { page = FILENAME ~ /\.md$/ }
page { print_page($0); next }
{ print_source($0) }

# ---- headers -----------------------------------------------------------------------------------

function print_source(line,    indent, next_is_doc) {
  if (FNR == 1 && line ~ /SPDX/) { print "/// \\file"; about_file = 1; return }
  if (about_file && line ~ /^\/\//) { sub(/^\/\//, "///", line) } else about_file = 0

  match(line, /^ */)
  indent = RLENGTH
  if (depth > 0 && line ~ /^ *};/ && indent == class_indent[depth]) { --depth }
  else if (depth > 0 && indent == class_indent[depth] + 2 && line !~ /NOLINT/) {
    if (line ~ /^ *\/\/ /) sub(/\/\/ /, "/// ", line)
    else if (line ~ /;  +\/\/ /) sub(/;  +\/\/ /, "&<", line) && sub(/\/\/ </, "///< ", line)
  }
  if (line ~ /^ *(struct|class) [A-Za-z_<>, :]*{$/) class_indent[++depth] = indent

  if (line ~ /^ *\/\/\//) {
    if (!in_comment) { in_comment = 1; code = 0 }
    layout(line)
  } else {
    if (held != "") { print held (laid_out ? " \\endcode" : ""); held = "" }
    in_comment = laid_out = 0
    if (match(line, /\/\/\/< /)) {
      code = 0
      line = substr(line, 1, RSTART + 4) escaped(substr(line, RSTART + 5))
    }
    print line
  }
}

# A comment line is held back until it is known whether the lines that keep their layout go on.
function layout(line,    indented, start, prefix) {
  match(line, /^ *\/\/\/<? ?/)
  prefix = substr(line, 1, RLENGTH)
  start = substr(line, RLENGTH + 1)
  indented = start ~ /^  +[^ ]/ && prefix !~ /</
  if (held != "") print held (laid_out && !indented ? " \\endcode" : "")
  if (!indented) held = prefix escaped(start)
  else held = prefix (laid_out ? "" : "\\code{.unparsed} ") substr(start, 3)
  laid_out = indented
}
END { if (held != "") print held (laid_out ? " \\endcode" : "") }

# < and > outside of `code`, which Doxygen would take for HTML.
function escaped(text,    parts, n, i, out) {
  n = split(text, parts, "`")
  out = ""
  for (i = 1; i <= n; ++i) {
    if (i > 1) { out = out "`"; code = !code }
    if (!code) gsub(/[<>]/, "\\\\&", parts[i])
    out = out parts[i]
  }
  return out
}

# ---- pages -------------------------------------------------------------------------------------

function print_page(line,    words, n, i, out) {
  if (FNR == 1) read_names()
  if (line ~ /^<!-- snippet: /) {  # the code below is a copy for those who read the page as it is
    gsub(/^<!-- snippet: | -->$/, "", line)
    print "\\snippet " line
    copy = 1
    return
  }
  if (line ~ /^```/) {
    fenced = !fenced
    print copy ? "" : line
    if (!fenced) copy = 0
    return
  }
  if (fenced) { print copy ? "" : line; return }
  line = with_links(line)
  if (FNR == 1) main_page = line == "# strata: documentation"
  if (main_page) line = as_subpage(line)
  if (line == "# strata") line = "# README"
  if (FNR == 1 && main_page) line = "# strata"  # the project's name: subpages are then the tree's first entries
  n = split(line, words, "`")
  out = words[1]
  for (i = 2; i <= n; ++i) {
    if (i % 2 == 0 && i < n) out = out span(words[i], words[i - 1], words[i + 1])
    else out = out words[i]
  }
  print out
}

# Pictures are copied beside the pages; headers have pages of their own; programs and sections have none.
function with_links(line,    text) {
  gsub(/\]\((\.\.\/)*(examples|benchmarks)\/gallery\//, "](", line)
  while (match(line, /\]\((\.\.\/)*include\/[^)]*\)/))
    line = substr(line, 1, RSTART - 1) "](@ref " \
           header_path(substr(line, RSTART + 2, RLENGTH - 3)) ")" substr(line, RSTART + RLENGTH)
  while (match(line, /\[[^]]*\]\(([^)]*\.cpp|#[^)]*)\)/)) {
    text = substr(line, RSTART, RLENGTH)
    sub(/\]\(.*/, "", text)
    line = substr(line, 1, RSTART - 1) substr(text, 2) substr(line, RSTART + RLENGTH)
  }
  return line
}
# The pages that the main page lists are its subpages, in that order.
function as_subpage(line,    text, label) {
  if (line !~ /^- \[/) return line
  match(line, /\]\([^)]*\)/)
  text = substr(line, 4, RSTART - 4)
  label = "md_docs_" substr(line, RSTART + 2, RLENGTH - 6)
  gsub(/\//, "_", label)
  return "- @subpage " label " \"" text "\"" substr(line, RSTART + RLENGTH)
}
function header_path(path) { sub(/^(\.\.\/)*include\//, "", path); return path }

# `SGD` and `SGD{.momentum}` are links to the page of SGD, but not in a link's own text.
function span(text, before, after,    name) {
  name = text
  sub(/[<{(].*/, "", name)
  if ((name in known) && name == text && before !~ /\[$/)
    return "<code>@ref strata::" name " \"" name "\"</code>"
  return "`" text "`"
}

# The types and concepts of all headers.
function read_names(    command, line) {
  command = "grep -rhE '^(struct|class|concept|using|enum class) [A-Z][A-Za-z]*' include/strata"
  while ((command | getline line) > 0) {
    sub(/^(struct|class|concept|using|enum class) /, "", line)
    sub(/[^A-Za-z].*/, "", line)
    known[line] = 1
  }
  close(command)
}
