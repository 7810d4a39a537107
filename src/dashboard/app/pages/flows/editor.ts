/** The editor of a flow's text (CodeMirror). It lives in a shadow root, where its style sheets need no `<style>` element. */
import {
  autocompletion,
  type Completion,
  type CompletionContext,
  type CompletionResult,
  completionKeymap,
  snippetCompletion,
} from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { yaml } from '@codemirror/lang-yaml';
import { bracketMatching, HighlightStyle, indentOnInput, indentUnit, syntaxHighlighting } from '@codemirror/language';
import { type Diagnostic, lintKeymap, setDiagnostics } from '@codemirror/lint';
import { EditorState, StateEffect, StateField, type Text } from '@codemirror/state';
import { Decoration, type DecorationSet, EditorView, highlightActiveLine, keymap, lineNumbers, WidgetType } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { proposalsAt, type Schema } from './completion.ts';
import type { Fault } from './flow.ts';

export interface Editor {
  /** Another text in the place of what is written; nothing where it is the same. */
  show(text: string): void;
  /** As `show`, and told as what is written by hand, which it can be taken back as. The cursor stays in its line. */
  put(text: string): void;
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
  /** Of the language, to complete from. */
  schema: Promise<Schema | null>;
  /** Told of every change that was made by hand. */
  write(text: string): void;
  /** Where the cursor is now, counted from 1. */
  moved(line: number, column: number): void;
  /** Ctrl+S, or ⌘S. */
  done(): void;
  /** Shift+Alt+F. */
  format(): void;
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
  '.cm-tooltip': { border: '1px solid var(--line)', borderRadius: '8px', backgroundColor: 'var(--surface)', color: 'var(--ink)' },
  '.cm-tooltip.cm-tooltip-autocomplete': { boxShadow: 'var(--shadow)' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul': { fontFamily: 'var(--mono)', maxHeight: '240px' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li': { padding: '4px 12px', lineHeight: '1.5' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]': { backgroundColor: 'var(--accent)', color: 'var(--on-accent)' },
  '.cm-completionMatchedText': { textDecoration: 'none', fontWeight: '700' },
  '.cm-completionDetail': { marginLeft: '8px', fontStyle: 'normal', opacity: '0.8' },
  '.cm-tooltip.cm-completionInfo': { maxWidth: '300px', padding: '8px 12px', fontFamily: 'var(--font)', whiteSpace: 'pre-wrap' },
  '.cm-snippetField': { backgroundColor: 'var(--accent-soft)' },
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

/** What may be written at the cursor: at once as somebody types, but in an empty line only by Ctrl+Space, so that Enter stays what it is. */
async function completions({ state, pos, explicit }: CompletionContext, schema: Options['schema']): Promise<CompletionResult | null> {
  const known = await schema;
  const { from: start, text } = state.doc.lineAt(pos);
  const found = known && proposalsAt(state.doc.toString(), pos, known);
  if (!found || (!explicit && text.trim() === '')) return null;
  // The lines after the first begin where the word does, and not where its line does.
  const inside = ' '.repeat(found.from - start - (/^\s*/.exec(text)?.[0].length ?? 0));
  const options = found.list.map(({ label, info, isKey, isNeeded, snippet }, at): Completion => {
    const option = {
      ...{ label, type: isKey ? 'property' : 'enum', boost: -at / 10 },
      ...(info !== '' && { info }),
      ...(isNeeded && { detail: '*' }),
    };
    // One with nothing to be filled in would leave the cursor before it.
    if (!snippet.includes('#{')) return { ...option, apply: snippet };
    return snippetCompletion(snippet.replaceAll('\n', `\n${inside}`), option);
  });
  return { from: found.from, options, validFor: /^[\w.]*$/ };
}

export function mountEditor(host: HTMLElement, { label, text, isReadOnly, schema, write, moved, done, format }: Options): Editor {
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
        autocompletion({
          override: [(context) => completions(context, schema)],
          icons: false,
          // A key is followed by its values.
          activateOnCompletion: () => true,
        }),
        // Tab leaves the editor, as it leaves any other field.
        keymap.of([
          {
            key: 'Mod-s',
            preventDefault: true,
            run: () => {
              done();
              return true;
            },
          },
          {
            key: 'Shift-Alt-f',
            preventDefault: true,
            run: () => {
              format();
              return true;
            },
          },
          ...completionKeymap,
          ...defaultKeymap,
          ...historyKeymap,
          ...lintKeymap,
        ]),
        EditorState.readOnly.of(isReadOnly),
        EditorView.contentAttributes.of({ 'aria-label': label, spellcheck: 'false' }),
        EditorView.updateListener.of(({ docChanged, selectionSet, state }) => {
          if (docChanged && !isShowing) write(state.doc.toString());
          if (!docChanged && !selectionSet) return;
          const { head } = state.selection.main;
          const { number, from } = state.doc.lineAt(head);
          moved(number, head - from + 1);
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
    put(next) {
      const { doc, selection } = view.state;
      if (next === doc.toString()) return;
      const { number, from } = doc.lineAt(selection.main.head);
      const after = view.state.toText(next);
      const line = after.line(Math.min(number, after.lines));
      const anchor = Math.min(line.from + selection.main.head - from, line.to);
      view.dispatch({ changes: { from: 0, to: doc.length, insert: next }, selection: { anchor }, scrollIntoView: true });
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
