package engine

import (
	"errors"

	"coder1/engine/session"
)

const preferencesName = "preferences/" + Owner

// Preferences reads what the user's page has set, into a pointer. What was never set is left as it is.
func (e *Engine) Preferences(into any) error {
	if err := e.store.Kept(preferencesName, into); err != nil && !errors.Is(err, session.ErrNotFound) {
		return err
	}
	return nil
}

// SetPreferences keeps what the user's page has set.
func (e *Engine) SetPreferences(p any) error {
	if err := e.store.Keep(preferencesName, p); err != nil {
		return err
	}
	e.watchers.changed()
	return nil
}
