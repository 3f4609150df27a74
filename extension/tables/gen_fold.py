#!/usr/bin/env python3
"""Generate extension/src/fold_table.h, the tables of fold.c.

Usage: gen_fold.py TSCharacters.txt TSPhrases.txt > extension/src/fold_table.h

Character properties, compatibility mappings and case come from Python's
unicodedata; the committed table was made with Unicode 14.0.0 (Unicode
licence).  Traditional to simplified comes from OpenCC 1.1.6 (Apache-2.0); its
installed dictionaries become text by

    opencc_dict -f ocd2 -t text -i TSCharacters.ocd2 -o TSCharacters.txt
    opencc_dict -f ocd2 -t text -i TSPhrases.ocd2 -o TSPhrases.txt

Folding answers must never change, so another Unicode version is refused: a
new one is a decision that comes with a reindex, not a rebuild.
"""
import random
import sys
import unicodedata as ud

UNICODE_VERSION = '14.0.0'
LIMIT = 0x31400                 # no mapping and no class of ours lies above
TEXT, SPACE, PUNCT, INVISIBLE = range(4)

# Compatibility mappings that change what a reader sees (10 to the 2nd is not
# 102, one half is not 1/2) or that belong to scripts whose shaping they undo.
WIDTH_TAGS = {'<wide>', '<narrow>', '<circle>', '<square>', '<compat>',
              '<font>', '<small>', '<vertical>', '<noBreak>'}
WIDTH_EXCLUDED = [(0x3130, 0x318F),                     # Hangul letters
                  (0xFB1D, 0xFDFF), (0xFE70, 0xFEFF),   # Hebrew, Arabic forms
                  (0xFFA0, 0xFFDC),                     # half-width Hangul
                  (0x1EE00, 0x1EEFF)]                   # Arabic mathematical

# Letters to Unicode, blank to the eye.
BLANKS = {0x115F, 0x1160, 0x2800, 0x3164, 0xFFA0}


def char_class(c):
    """TEXT, SPACE, PUNCT or INVISIBLE."""
    ch = chr(c)
    cat = ud.category(ch)
    if c in BLANKS or 0x09 <= c <= 0x0D or c == 0x85 or cat in ('Zs', 'Zl', 'Zp'):
        return SPACE
    if cat in ('Cc', 'Cf') or 0xFE00 <= c <= 0xFE0F or 0x180B <= c <= 0x180F or c == 0x034F:
        return INVISIBLE
    if cat[0] in 'PS':
        return PUNCT
    return TEXT


def width(c):
    """What a compatibility form stands for, as a list of code points."""
    if any(a <= c <= b for a, b in WIDTH_EXCLUDED) or c in BLANKS:
        return [c]
    deco = ud.decomposition(chr(c)).split()
    if not deco:
        return [c]
    if deco[0].startswith('<'):
        if deco[0] not in WIDTH_TAGS:
            return [c]
    elif len(deco) > 1:
        return [c]              # a composed letter is already its own form
    out = ud.normalize('NFKC', chr(c))
    if c not in (0xFF9E, 0xFF9F):       # the kana voice marks: fold.c composes
        if any(ud.combining(x) for x in out) or (' ' in out and out != ' '):
            return [c]
    return [ord(x) for x in out]


def lower(c):
    """Simple case folding of Latin, Greek and Cyrillic."""
    ch = chr(c)
    name = ud.name(ch, '')
    if not name.startswith(('LATIN ', 'GREEK ', 'CYRILLIC ', 'OHM ', 'KELVIN ',
                            'ANGSTROM ', 'MICRO ')):
        return c
    for form in (ch.casefold(), ch.lower()):
        if len(form) == 1:
            return ord(form)
    return c


def read_pairs(path):
    with open(path, encoding='utf-8') as f:
        for line in f:
            source, targets = line.rstrip('\n').split('\t')
            yield source, targets.split(' ')[0]


class Simplifier:
    """The algorithm of fold.c, to prune the phrases and to prove them stable."""

    def __init__(self, chars, phrases, traditional):
        self.chars = chars
        self.phrases = {}
        for source, target in phrases:
            pattern = ''.join(p if chars.get(p, p) != t else t
                              for p, t in zip(source, target))
            # A phrase that rewrites a simplified character (U+4E48 U+9EBC)
            # would see its own results as input.
            if all(p == t or p in traditional for p, t in zip(pattern, target)):
                self.phrases[pattern] = target

    def matches(self, text, at, pattern, target):
        if at + len(pattern) > len(text):
            return False
        for t, p, o in zip(text[at:], pattern, target):
            if t != p and t != o and not (p == o and self.chars.get(t, t) == p):
                return False
        return True

    def run(self, text, without=None):
        out, i = '', 0
        simple = {self.chars.get(t, t) for t in text}
        ordered = sorted((p for p in self.phrases
                          if {self.chars.get(x, x) for x in p + self.phrases[p]} & simple),
                         key=lambda p: (-len(p), p))
        while i < len(text):
            for p in ordered:
                if p != without and self.matches(text, i, p, self.phrases[p]):
                    out += self.phrases[p]
                    i += len(p)
                    break
            else:
                out += self.chars.get(text[i], text[i])
                i += 1
        return out

    def prune(self):
        """Drop the phrases that characters and shorter phrases give anyway."""
        for p in sorted(self.phrases, key=lambda p: (-len(p), p)):
            if self.run(p, without=p) == self.phrases[p]:
                del self.phrases[p]

    def prove(self):
        """Simplifying twice is simplifying once, also where phrases meet."""
        pieces = sorted(set(self.phrases) | set(self.phrases.values()))
        alphabet = sorted(set(''.join(pieces)))
        rnd = random.Random(1)
        for _ in range(20000):
            text = ''
            while len(text) < 8:
                piece = rnd.choice(pieces)
                cut = rnd.randrange(len(piece))
                text += rnd.choice((piece, piece[cut:], piece[:cut], rnd.choice(alphabet)))
            once = self.run(text)
            if self.run(once) != once:
                sys.exit(f'not stable: {text} {once} {self.run(once)}')


def emit_values(name, ctype, values, per_line, form):
    print(f'static const {ctype} {name}[] = {{')
    for i in range(0, len(values), per_line):
        print('\t' + ', '.join(form(v) for v in values[i:i + per_line]) + ',')
    print('};\n')


def emit_map(name, mapping):
    """A sparse map: 64-character blocks, a bit per mapped one, values by rank."""
    index, blocks, values = [], [(0, 0)], []
    for start in range(0, LIMIT, 64):
        keys = [c for c in range(start, start + 64) if c in mapping]
        if not keys:
            index.append(0)
            continue
        index.append(len(blocks))
        blocks.append((sum(1 << (c - start) for c in keys), len(values)))
        values += [mapping[c] for c in keys]
    while index and index[-1] == 0:
        index.pop()
    assert len(blocks) < 0x10000 and len(values) < 0x10000
    ctype = 'uint8_t' if len(blocks) < 256 else 'uint16_t'
    emit_values(f'fold_{name}_index', ctype, index, 20, str)
    emit_values(f'fold_{name}_present', 'uint64_t', [b for b, _ in blocks], 4,
                lambda v: f'UINT64_C(0x{v:016x})')
    emit_values(f'fold_{name}_base', 'uint16_t', [b for _, b in blocks], 16, str)
    emit_values(f'fold_{name}_value', 'uint32_t', values, 10, lambda v: f'0x{v:x}')


def emit_classes():
    """Two bits a character, equal blocks of 64 stored once."""
    seen, index, lows, highs = {}, [], [], []
    for start in range(0, LIMIT, 64):
        classes = [char_class(c) for c in range(start, start + 64)]
        low = sum((k & 1) << i for i, k in enumerate(classes))
        high = sum((k >> 1) << i for i, k in enumerate(classes))
        if (low, high) not in seen:
            seen[(low, high)] = len(lows)
            lows.append(low)
            highs.append(high)
        index.append(seen[(low, high)])
    assert len(lows) < 256
    while index[-1] == index[-2]:
        index.pop()             # what lies behind is text: block of the last
    assert lows[index[-1]] == highs[index[-1]] == 0
    emit_values('fold_class_index', 'uint8_t', index, 20, str)
    emit_values('fold_class_low', 'uint64_t', lows, 4, lambda v: f'UINT64_C(0x{v:016x})')
    emit_values('fold_class_high', 'uint64_t', highs, 4, lambda v: f'UINT64_C(0x{v:016x})')


def main():
    if ud.unidata_version != UNICODE_VERSION:
        sys.exit(f'Unicode {UNICODE_VERSION} is needed, this Python has {ud.unidata_version}')
    chars_path, phrases_path = sys.argv[1:]

    # Width, closed: no result may itself be a compatibility form.
    widths = {c: width(c) for c in range(0x80, LIMIT) if not 0xD800 <= c <= 0xDFFF}
    widths = {c: w for c, w in widths.items() if w != [c]}
    for w in widths.values():
        assert not any(x in widths for x in w)
    sequences, width_map = [], {}
    for c, w in widths.items():
        if len(w) == 1:
            width_map[c] = w[0]
        else:
            assert len(w) < 0x80 and max(w) < 0x10000 and len(sequences) < 0x10000
            width_map[c] = 0x80000000 | len(w) << 16 | len(sequences)
            sequences += w
    growth = max(len(''.join(map(chr, w)).encode()) / len(chr(c).encode())
                 for c, w in widths.items())
    assert growth <= 6

    lowers = {c: lower(c) for c in range(0x80, LIMIT) if not 0xD800 <= c <= 0xDFFF}
    lowers = {c: x for c, x in lowers.items() if x != c}
    assert not any(x in lowers or x in widths and c not in widths for c, x in lowers.items())

    # One step for what OpenCC takes in two (a character that is both the
    # simplified form of one and the traditional form of another).
    pairs = dict(read_pairs(chars_path))
    chars = {s: t for s, t in pairs.items() if s != t}
    chars = {s: chars.get(t, t) for s, t in chars.items()}
    assert not any(t in chars for t in chars.values())
    assert not any(ord(t) in widths or ord(t) >= LIMIT for t in chars.values())
    simplifier = Simplifier(chars, [(s, t) for s, t in read_pairs(phrases_path)
                                    if len(s) == len(t)], set(pairs))
    simplifier.prune()
    simplifier.prove()
    phrases = sorted(simplifier.phrases.items(),
                     key=lambda p: (p[1][0], -len(p[0]), p[0]))

    # Which characters can open which run of phrases.
    groups = {}
    for i, (pattern, target) in enumerate(phrases):
        starts = {pattern[0], target[0]}
        if pattern[0] == target[0]:
            starts |= {s for s, t in chars.items() if t == pattern[0]}
        for s in starts:
            groups.setdefault(s, []).append(i)
    lists, start_map = [], {}
    for s, members in sorted(groups.items()):
        members.sort(key=lambda i: (-len(phrases[i][0]), i))
        start_map[ord(s)] = len(lists)
        lists += members + [0xFFFF]

    longest = max(len(p) for p, _ in phrases)
    print('''/*-------------------------------------------------------------------------
 * fold_table.h
 *\t  Tables of fold.c.  Generated by extension/tables/gen_fold.py; not for
 *\t  editing.
 *
 * Made from Unicode %s (Unicode licence) and OpenCC 1.1.6 (Apache-2.0).
 * %d compatibility forms, %d cased letters, %d traditional characters and
 * %d phrases.
 *-------------------------------------------------------------------------
 */
#ifndef LEADCRM_FOLD_TABLE_H
#define LEADCRM_FOLD_TABLE_H

#include <stdint.h>

/* Longest phrase, in characters. */
#define FOLD_PHRASE_MAX\t\t%d

/* A value of fold_width_value that names a run of fold_sequence. */
#define FOLD_SEQUENCE\t\t0x80000000
#define FOLD_SEQUENCE_LENGTH(v)\t(((v) >> 16) & 0x7F)
#define FOLD_SEQUENCE_START(v)\t((v) & 0xFFFF)

/* Ends a run of fold_phrase_list. */
#define FOLD_PHRASE_NONE\t0xFFFF

/* A phrase as it is matched and as it is written, from fold_phrase_text. */
typedef struct FoldPhrase
{
\tuint16_t\tpattern;
\tuint16_t\ttarget;
\tuint16_t\tlength;
} FoldPhrase;
''' % (UNICODE_VERSION, len(widths), len(lowers), len(chars), len(phrases), longest))
    emit_classes()
    emit_map('width', width_map)
    emit_values('fold_sequence', 'uint16_t', sequences, 12, lambda v: f'0x{v:x}')
    emit_map('lower', lowers)
    emit_map('simple', {ord(s): ord(t) for s, t in chars.items()})
    emit_map('phrase', start_map)
    emit_values('fold_phrase_list', 'uint16_t', lists, 16, str)
    text, rows = [], []
    for pattern, target in phrases:
        at = len(text)
        text += map(ord, pattern)
        rows.append((at, len(text) if target != pattern else at, len(pattern)))
        if target != pattern:
            text += map(ord, target)
    emit_values('fold_phrase', 'FoldPhrase', rows, 6, lambda r: '{%d, %d, %d}' % r)
    emit_values('fold_phrase_text', 'uint32_t', text, 10, lambda v: f'0x{v:x}')
    print('#endif\t\t\t\t\t\t\t/* LEADCRM_FOLD_TABLE_H */')


main()
