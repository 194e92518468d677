package workspace

import "github.com/fsnotify/fsnotify"

// notifier is what the system tells of changes in folders.
type notifier interface {
	add(folder string) error
	remove(folder string)
	events() <-chan fsnotify.Event // closed at the end
	lost() <-chan struct{}         // receives when events were lost, or may have been
	close()
}

type systemNotifier struct {
	w       *fsnotify.Watcher
	trouble chan struct{}
	gone    chan struct{} // closed when nobody listens any more
}

func openNotifier() (notifier, error) {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, err
	}
	n := &systemNotifier{w, make(chan struct{}, 1), make(chan struct{})}
	go n.listen()
	return n, nil
}

// listen takes errors in at once, whatever the taker of events is doing: fsnotify may hold the lock that
// adding and removing need until its error is taken.
func (n *systemNotifier) listen() {
	defer close(n.gone)
	for range n.w.Errors {
		select {
		case n.trouble <- struct{}{}:
		default: // it is known already
		}
	}
}

func (n *systemNotifier) add(folder string) error       { return n.w.Add(folder) }
func (n *systemNotifier) remove(folder string)          { _ = n.w.Remove(folder) } // it may be gone already
func (n *systemNotifier) events() <-chan fsnotify.Event { return n.w.Events }
func (n *systemNotifier) lost() <-chan struct{}         { return n.trouble }

func (n *systemNotifier) close() {
	_ = n.w.Close()
	<-n.gone
}
