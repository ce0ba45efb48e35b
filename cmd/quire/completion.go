package main

import (
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/replaying"
)

// completionOf is no variable, since what it does reads the list of commands that it is in.
func completionOf() *command {
	return &command{name: "completion", args: "bash|zsh|fish", about: "print what makes a shell complete commands and flags", teach: `
Prints a script for a shell, made from the same table as this help. It runs nothing and reads
no store when you press Tab. For one session:

  source <(quire completion bash)
  source <(quire completion zsh)
  quire completion fish | source

For all sessions, put it where the shell looks for such scripts:
  quire completion bash > ~/.local/share/bash-completion/completions/quire
  quire completion zsh > "${fpath[1]}/_quire"
  quire completion fish > ~/.config/fish/completions/quire.fish

With --json it is in an object, as {"shell", "script"}.
`, prepare: func(*flag.FlagSet) action { return (*request).completion }}
}

// shells are those that can be completed for.
var shells = []string{"bash", "zsh", "fish"}

func (r *request) completion() error {
	if len(r.args) != 1 || !slices.Contains(shells, r.args[0]) {
		return usage("which shell? There are %s", strings.Join(shells, ", "))
	}
	var b strings.Builder
	table := completable()
	switch r.args[0] {
	case "bash":
		completeBash(&b, table)
	case "zsh":
		completeZsh(&b, table)
	default:
		completeFish(&b, table)
	}
	return r.print(map[string]string{"shell": r.args[0], "script": b.String()}, func() { r.out.WriteString(b.String()) })
}

// words are what may be completed of a command.
type words struct {
	name, about string
	flags       []option
	args        []string // instead of names of files
}

// option is a flag.
type option struct {
	name, about string
	takes       bool     // a value
	file        bool     // which is the name of one
	choices     []string // which is one of these
}

// choicesOf are the values of flags that have few.
func choicesOf() map[string][]string {
	return map[string][]string{
		"policy": replaying.Names(replaying.Policies), "schedule": replaying.Names(replaying.Schedules),
		"api":  {string(quire.APIAnthropic), string(quire.APIOpenAIChat), string(quire.APIOpenAIResponses), string(quire.APIGemini), string(quire.APIStrict)},
		"kind": {string(quire.KindMail), string(quire.KindQuestion), string(quire.KindAnswer), string(quire.KindEvent), string(quire.KindNote), string(quire.KindTurn), string(quire.KindResult)},
	}
}

// completable is the table of commands, and help.
func completable() []words {
	names := []string{}
	choices := choicesOf()
	var out []words
	for _, c := range commands() {
		names = append(names, c.name)
		f := flags(c.name)
		new(common).flags(f, c.box)
		c.prepare(f)
		w := words{name: c.name, about: c.about}
		if c.name == "completion" {
			w.args = shells
		}
		f.VisitAll(func(f *flag.Flag) {
			arg, about := flag.UnquoteUsage(f)
			yes, bare := f.Value.(interface{ IsBoolFlag() bool })
			o := option{name: f.Name, about: about, takes: !(bare && yes.IsBoolFlag()), choices: choices[f.Name]}
			o.file = o.takes && (arg == "FILE" || arg == "PATH")
			w.flags = append(w.flags, o)
		})
		w.flags = append(w.flags, option{name: "help", about: "say how it is used"})
		out = append(out, w)
	}
	return append(out, words{name: "help", about: "say more of a command", args: names, flags: []option{{name: "markdown", about: "all of it as one page"}, {name: "man", about: "all of it as a manual page"}}})
}

// quoted is a text in single quotes for bash and zsh.
func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

func (w *words) names() string {
	var list []string
	for _, o := range w.flags {
		list = append(list, "--"+o.name)
	}
	return strings.Join(list, " ")
}

// completeBash writes a function that looks for the command among the words before, past
// the flags that stand before it.
func completeBash(b io.Writer, table []words) {
	io.WriteString(b, `# bash completion for quire, made by: quire completion bash
_quire() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} cmd= i
	COMPREPLY=()
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		--db | --box | -db | -box) ((i++)) ;;
		-*) ;;
		*) cmd=${COMP_WORDS[i]}; break ;;
		esac
	done
	case $cmd:${prev/#--/-} in
`)
	for _, w := range table {
		for _, o := range w.flags {
			switch {
			case o.file:
				fmt.Fprintf(b, "\t%s:-%s) COMPREPLY=($(compgen -f -- \"$cur\")); return ;;\n", w.name, o.name)
			case o.choices != nil:
				fmt.Fprintf(b, "\t%s:-%s) COMPREPLY=($(compgen -W %s -- \"$cur\")); return ;;\n", w.name, o.name, quoted(strings.Join(o.choices, " ")))
			case o.takes:
				fmt.Fprintf(b, "\t%s:-%s) return ;;\n", w.name, o.name)
			}
		}
	}
	io.WriteString(b, "\t:-db) COMPREPLY=($(compgen -f -- \"$cur\")); return ;;\n\t:-box) return ;;\n\tesac\n\tcase $cmd:$cur in\n")
	var all []string
	for _, w := range table {
		all = append(all, w.name)
		fmt.Fprintf(b, "\t%s:-*) COMPREPLY=($(compgen -W %s -- \"$cur\")) ;;\n", w.name, quoted(w.names()))
		if w.args != nil {
			fmt.Fprintf(b, "\t%s:*) COMPREPLY=($(compgen -W %s -- \"$cur\")) ;;\n", w.name, quoted(strings.Join(w.args, " ")))
		}
	}
	fmt.Fprintf(b, "\t:-*) COMPREPLY=($(compgen -W '--box --db --help --json' -- \"$cur\")) ;;\n\t:*) COMPREPLY=($(compgen -W %s -- \"$cur\")) ;;\n", quoted(strings.Join(all, " ")))
	io.WriteString(b, "\t*) COMPREPLY=($(compgen -f -- \"$cur\")) ;;\n\tesac\n}\ncomplete -o filenames -F _quire quire\n")
}

// completeZsh writes a function for zsh's _arguments.
func completeZsh(b io.Writer, table []words) {
	described := func(name, about string) string {
		return quoted(strings.ReplaceAll(name, ":", `\:`) + ":" + about)
	}
	spec := func(o option) string {
		s := "--" + o.name + "[" + strings.NewReplacer("[", "(", "]", ")").Replace(o.about) + "]"
		switch {
		case o.file:
			s += ":file:_files"
		case o.choices != nil:
			s += ":" + o.name + ":(" + strings.Join(o.choices, " ") + ")"
		case o.takes:
			s += ":" + o.name + ": "
		}
		return quoted(s)
	}
	io.WriteString(b, "#compdef quire\n# zsh completion for quire, made by: quire completion zsh\n_quire() {\n\tlocal context state state_descr line\n\ttypeset -A opt_args\n\tlocal -a commands=(\n")
	for _, w := range table {
		fmt.Fprintf(b, "\t\t%s\n", described(w.name, w.about))
	}
	io.WriteString(b, "\t)\n\t_arguments -C '--db[the store]:file:_files' '--box[whose mailbox]:address: ' '--json[print JSON]' '1:command:->command' '*::argument:->argument' && return\n\tcase $state in\n\tcommand) _describe command commands ;;\n\targument)\n\t\tcase $words[1] in\n")
	for _, w := range table {
		fmt.Fprintf(b, "\t\t%s) _arguments", w.name)
		for _, o := range w.flags {
			fmt.Fprintf(b, " \\\n\t\t\t%s", spec(o))
		}
		rest := "*:file:_files"
		if w.args != nil {
			rest = "1:" + w.name + ":(" + strings.Join(w.args, " ") + ")"
		}
		fmt.Fprintf(b, " \\\n\t\t\t%s ;;\n", quoted(rest))
	}
	io.WriteString(b, "\t\tesac ;;\n\tesac\n}\nif [[ $zsh_eval_context[-1] == loadautofunc ]]; then _quire \"$@\"; else compdef _quire quire; fi\n")
}

// completeFish writes a line for each command and flag.
func completeFish(b io.Writer, table []words) {
	text := func(s string) string {
		return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(s) + "'"
	}
	io.WriteString(b, "# fish completion for quire, made by: quire completion fish\n")
	for _, w := range table {
		fmt.Fprintf(b, "complete -c quire -f -n __fish_use_subcommand -a %s -d %s\n", w.name, text(w.about))
	}
	io.WriteString(b, "complete -c quire -n __fish_use_subcommand -l db -r -F -d 'the store'\ncomplete -c quire -n __fish_use_subcommand -l box -x -d 'whose mailbox'\n")
	for _, w := range table {
		when := text("__fish_seen_subcommand_from " + w.name)
		for _, o := range w.flags {
			fmt.Fprintf(b, "complete -c quire -n %s -l %s -d %s", when, o.name, text(o.about))
			switch {
			case o.file:
				io.WriteString(b, " -r -F")
			case o.choices != nil:
				fmt.Fprintf(b, " -x -a %s", text(strings.Join(o.choices, " ")))
			case o.takes:
				io.WriteString(b, " -x")
			}
			io.WriteString(b, "\n")
		}
		if w.args != nil {
			fmt.Fprintf(b, "complete -c quire -f -n %s -a %s\n", when, text(strings.Join(w.args, " ")))
		}
	}
}
