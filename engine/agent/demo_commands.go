package agent

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// demoCommand is something that the demo agent can do. rest is what follows its name in the prompt.
type demoCommand func(ctx context.Context, d *demo, rest string) error

var demoCommands = map[string]demoCommand{
	"list": demoList, "ls": demoList,
	"read": demoRead, "show": demoRead, "cat": demoRead,
	"write": demoWrite,
	"run":   demoRun, "$": demoRun,
	"take":    demoTake,
	"say":     demoSay,
	"work":    demoWork,
	"history": demoHistory,

	"summarize": demoSummarize,
	"help":      demoAssist,
}

const (
	demoHelp = "You can ask for:\n\n" +
		"- `list [FOLDER]` – what is in the workspace\n" +
		"- `read FILE` – a file's text\n" +
		"- `write FILE TEXT` – puts text into a file (asks for permission)\n" +
		"- `run COMMAND` – runs a shell command in the workspace (asks for permission)\n" +
		"- `take 100 MB for 10 seconds` – uses memory, to see what the server does about it\n" +
		"- `work 20s` – a turn of 20 seconds; lines below it say how memory is used\n" +
		"- `say 40 words` – a slow answer, to watch or to stop\n" +
		"- `history` – what you have said in this conversation\n" +
		"- `help` – this list"
	demoGreeting = "**No model is connected.** This is Coder1's built-in demo agent: it follows simple commands, so that " +
		"everything around an agent can be tried.\n\n" + demoHelp
	demoConfusion = "No model is connected, and I only follow simple commands.\n\n" + demoHelp
)

func demoAssist(ctx context.Context, d *demo, _ string) error {
	if d.log.said == 1 {
		return nil // the greeting was that
	}
	return d.say(ctx, "No model is connected. "+demoHelp, 0)
}

func demoRun(ctx context.Context, d *demo, rest string) error {
	if rest == "" {
		return d.say(ctx, "Which command? For example: `run ls -l`", 0)
	}
	return d.use(ctx, "Bash", map[string]any{"command": rest}, false, func() (string, error) {
		return shell(ctx, rest)
	})
}

func demoTake(ctx context.Context, d *demo, rest string) error {
	megabytes, seconds, ok := parseAmount(rest)
	if !ok {
		return d.say(ctx, "How much, and for how long? For example: `take 100 MB for 10 seconds`", 0)
	}
	return d.use(ctx, "Take", map[string]any{"megabytes": megabytes, "seconds": seconds}, true, func() (string, error) {
		script, err := takeScript(megabytes, seconds)
		if err != nil {
			return "", err
		}
		return shell(ctx, script)
	})
}

const (
	sayPause = 80 * time.Millisecond // between two words
	maxWords = 10_000
)

func demoSay(ctx context.Context, d *demo, rest string) error {
	number, _ := cutWord(rest)
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 || n > maxWords {
		return d.say(ctx, "How many words? For example: `say 40 words`", 0)
	}
	words := make([]string, n)
	for i := range words {
		words[i] = "word" + strconv.Itoa(i+1)
	}
	return d.say(ctx, strings.Join(words, " "), sayPause)
}

func demoHistory(ctx context.Context, d *demo, _ string) error {
	var b strings.Builder
	if d.log.before != "" {
		fmt.Fprintf(&b, "I was told of an earlier conversation: %q\n\n", d.log.before)
	}
	fmt.Fprintf(&b, "In this conversation you have said %d things:\n\n", d.log.said)
	number := d.log.said - len(d.log.prompts)
	if number > 0 {
		fmt.Fprintf(&b, "(the first %d are not shown)\n\n", number)
	}
	for _, prompt := range d.log.prompts {
		number++
		short, more := cut(prompt, 80)
		if more {
			short += "…"
		}
		fmt.Fprintf(&b, "%d. ``%q``\n", number, short)
	}
	return d.say(ctx, b.String(), 0)
}

// demoSummarize answers the request for a summary with the beginning of what is to be summarized.
func demoSummarize(ctx context.Context, d *demo, rest string) error {
	material := rest
	if _, after, ok := strings.Cut(rest, "\n\n"); ok {
		material = after
	}
	short, more := cut(material, excerpt)
	if more {
		short += "…"
	}
	return d.say(ctx, "No model is connected, so this is only how the record begins:\n\n"+short, 0)
}
