/** The editor of a flow's text (CodeMirror). It lives in a shadow root, where its style sheets need no `<style>` element. */
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { yaml } from '@codemirror/lang-yaml';
import { bracketMatching, HighlightStyle, indentOnInput, indentUnit, syntaxHighlighting } from '@codemirror/language';
import { type Diagnostic, lintKeymap, setDiagnostics } from '@codemirror/lint';
import { EditorState, StateEffect, StateField, type Text } from '@codemirror/state';
import { Decoration, type DecorationSet, EditorView, highlightActiveLine, keymap, lineNumbers, WidgetType } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import type { Fault } from './flow.ts';

export interface Editor {
  /** Another text in the place of what is written; nothing where it is the same. */
  show(text: string): void;
  /** Marks what is wrong, in the text and beside it. */
  mark(faults: readonly Fault[]): void;
  /** Counted from 1. */
  goTo(line: number, column: number): void;
  end(): void;
}

interface Options {
  label: string;
  text: string;
  isReadOnly: boolean;
  /** Told of every change that was made by hand. */
  write(text: string): void;
  /** Ctrl+S, or ⌘S. */
  publish(): void;
}

const COLOURS = HighlightStyle.define([
  { tag: [tags.definition(tags.propertyName), tags.propertyName], color: 'var(--accent)' },
  { tag: tags.comment, color: 'var(--ink-soft)', fontStyle: 'italic' },
  { tag: [tags.string, tags.special(tags.string)], color: 'var(--warn)' },
  { tag: [tags.keyword, tags.meta, tags.labelName, tags.typeName], color: 'var(--ink-soft)' },
]);

const LOOK = EditorView.theme({
  '&': { backgroundColor: 'var(--surface)', color: 'var(--ink)', fontSize: 'var(--size-0)' },
  '&.cm-focused': { outline: '3px solid var(--accent)', outlineOffset: '2px' },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '1.6', maxHeight: '70vh', minHeight: '320px', overflow: 'auto' },
  '.cm-content': { caretColor: 'var(--ink)', padding: '8px 0' },
  '.cm-gutters': { backgroundColor: 'var(--ground)', color: 'var(--ink-soft)', borderRight: '1px solid var(--line)' },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'color-mix(in srgb, var(--accent-soft) 50%, transparent)' },
  '.cm-content ::selection, .cm-line::selection': { backgroundColor: 'var(--accent-soft)' },
  // Their own images come from `data:`, which the policy of the page keeps out.
  '.cm-lintRange-error': { backgroundImage: 'none', textDecoration: 'underline wavy var(--danger)' },
  '.cm-wrong': { backgroundColor: 'var(--danger-soft)' },
  '.cm-why': {
    padding: '2px 8px 4px 8px',
    borderLeft: '3px solid var(--danger)',
    backgroundColor: 'var(--danger-soft)',
    color: 'var(--danger)',
    fontFamily: 'var(--font)',
    whiteSpace: 'pre-wrap',
    overflowWrap: 'anywhere',
  },
  '.cm-tooltip': { border: '1px solid var(--line)', backgroundColor: 'var(--surface)', color: 'var(--ink)' },
  '.cm-panels': { backgroundColor: 'var(--ground)', color: 'var(--ink)' },
});

/** Why a line is wrong, below it. */
class Why extends WidgetType {
  readonly text: string;

  constructor(text: string) {
    super();
    this.text = text;
  }

  override eq(other: Why): boolean {
    return other.text === this.text;
  }

  override toDOM(): HTMLElement {
    const why = document.createElement('div');
    why.className = 'cm-why';
    why.textContent = this.text;
    return why;
  }
}

const told = StateEffect.define<readonly Fault[]>();

const whys = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(shown, { effects, changes, state }) {
    const news = effects.find((effect) => effect.is(told));
    return news ? decorated(state.doc, news.value as readonly Fault[]) : shown.map(changes);
  },
  provide: (field) => EditorView.decorations.from(field),
});

/** By line, each once. */
function decorated(doc: Text, faults: readonly Fault[]): DecorationSet {
  const texts = new Map<number, string[]>();
  for (const { line, message } of faults) {
    const at = Math.min(line, doc.lines);
    texts.set(at, [...(texts.get(at) ?? []), message]);
  }
  const marks = [...texts].flatMap(([at, messages]) => {
    const { from, to } = doc.line(at);
    return [
      Decoration.line({ class: 'cm-wrong' }).range(from),
      Decoration.widget({ widget: new Why(messages.join('\n')), block: true, side: 1 }).range(to),
    ];
  });
  return Decoration.set(marks, true);
}

/** To the end of the word that is there, or of the line. */
function diagnosticOf(doc: Text, fault: Fault): Diagnostic {
  const { from, to, text } = doc.line(Math.min(fault.line, doc.lines));
  const start = Math.min(from + fault.column - 1, to);
  const [word = ''] = /^[^\s,:[\]{}]+/.exec(text.slice(start - from)) ?? [];
  return { from: start, to: Math.min(start + Math.max(word.length, 1), to), severity: 'error', message: fault.message };
}

export function mountEditor(host: HTMLElement, { label, text, isReadOnly, write, publish }: Options): Editor {
  const root = host.shadowRoot ?? host.attachShadow({ mode: 'open' });
  let isShowing = false;
  const view = new EditorView({
    root,
    parent: root,
    state: EditorState.create({
      doc: text,
      extensions: [
        [lineNumbers(), highlightActiveLine(), bracketMatching(), whys, EditorView.lineWrapping],
        [yaml(), indentUnit.of('  '), indentOnInput(), syntaxHighlighting(COLOURS), LOOK],
        history(),
        // Tab leaves the editor, as it leaves any other field.
        keymap.of([
          {
            key: 'Mod-s',
            preventDefault: true,
            run: () => {
              publish();
              return true;
            },
          },
          ...defaultKeymap,
          ...historyKeymap,
          ...lintKeymap,
        ]),
        EditorState.readOnly.of(isReadOnly),
        EditorView.contentAttributes.of({ 'aria-label': label, spellcheck: 'false' }),
        EditorView.updateListener.of(({ docChanged, state }) => {
          if (docChanged && !isShowing) write(state.doc.toString());
        }),
      ],
    }),
  });
  return {
    show(next) {
      if (next === view.state.doc.toString()) return;
      isShowing = true;
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: next } });
      isShowing = false;
    },
    mark(faults) {
      const { doc } = view.state;
      view.dispatch({ effects: told.of(faults) });
      view.dispatch(
        setDiagnostics(
          view.state,
          faults.map((fault) => diagnosticOf(doc, fault)),
        ),
      );
    },
    goTo(line, column) {
      const { from, to } = view.state.doc.line(Math.min(line, view.state.doc.lines));
      const anchor = Math.min(from + column - 1, to);
      view.dispatch({ selection: { anchor }, effects: EditorView.scrollIntoView(anchor, { y: 'center' }) });
      view.focus();
    },
    end: () => view.destroy(),
  };
}
