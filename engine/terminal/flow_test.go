package terminal

import (
	"bytes"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"coder1/engine/process"
)

// The rules of flow control, on a clock that a test moves.

func TestNoMoreIsSentThanTheWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		term, s := play(t, 0)
		v := attach(t, term, 0)
		go s.say(letters(0, 2<<20))
		synctest.Wait()
		buf, sent := make([]byte, 64<<10), 0
		for {
			e, ok := v.Next(buf)
			if !ok {
				break
			}
			sent += e.N
		}
		if sent != Window {
			t.Errorf("%d bytes were sent to a viewer that draws nothing, the window is %d", sent, Window)
		}
		v.Ack(1000)
		if e, ok := v.Next(buf); !ok || e.N != 1000 {
			t.Errorf("after 1000 bytes were drawn came %+v", e)
		}
		v.Ack(1 << 40) // more than it was sent
		if e, ok := v.Next(buf); !ok || e.N == 0 {
			t.Errorf("after all was drawn came %+v", e)
		}
	})
}

func TestTheProgramWaitsForAViewerThatStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		term, s := play(t, 0)
		v := attach(t, term, 0)
		all := letters(0, 4<<20)
		go s.say(all)
		synctest.Wait()
		stopped := term.Info().Offset
		if stopped > ahead || stopped < ahead-2*readSize {
			t.Errorf("the program was read to %d bytes, which should be close to %d", stopped, ahead)
		}
		time.Sleep(time.Hour) // alone, it may take as long as it likes
		synctest.Wait()
		if now := term.Info(); now.Offset != stopped || now.Viewers != 1 {
			t.Errorf("an hour later %+v", now)
		}
		if got := read(t, v, len(all)); !bytes.Equal(got, all) {
			t.Error("what came in the end is not what was said")
		}
	})
}

func TestAViewerThatComesBackAfterAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		term, s := play(t, 0)
		v := attach(t, term, 0)
		all := letters(0, 6<<20)
		go s.say(all)
		got := read(t, v, 100_000)
		v.Close()
		time.Sleep(time.Minute)
		synctest.Wait()
		if now := term.Info().Offset; now != int64(len(all)) {
			t.Errorf("with nobody looking the program was read to %d of %d bytes", now, len(all))
		}
		v = attach(t, term, int64(len(got)))
		if s := v.Start(); s.Offset != int64(len(got)) || s.Lost != 0 {
			t.Errorf("it starts with %+v", s)
		}
		if got = append(got, read(t, v, len(all)-len(got))...); !bytes.Equal(got, all) {
			t.Error("bytes were lost or doubled")
		}
	})
}

func TestOneWhoWasAwayTooLongIsToldWhatItMissed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		term, s := play(t, 1<<20)
		v := attach(t, term, 0)
		v.Close()
		all := letters(0, 5<<20)
		s.say(all)
		synctest.Wait()
		v = attach(t, term, 12345)
		start := v.Start()
		if start.Lost != start.Offset-12345 || start.Offset != term.Info().First {
			t.Errorf("it starts with %+v, and the oldest byte is %d", start, term.Info().First)
		}
		if kept := int64(len(all)) - start.Offset; kept < 1<<20 {
			t.Errorf("only %d bytes are kept", kept)
		}
		if got := read(t, v, len(all)-int(start.Offset)); !bytes.Equal(got, all[start.Offset:]) {
			t.Error("what is kept is not what was said")
		}
	})
}

func TestTheSlowestViewerLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const room = 2 << 20
		term, s := play(t, room)
		slow, fast := attach(t, term, 0), attach(t, term, 0)
		all := letters(0, 5<<20)
		go s.say(all)
		buf, fastGot := make([]byte, 64<<10), 0
		draw := func(v *Viewer) (n int) {
			e, ok := v.Next(buf)
			if !ok {
				return 0
			}
			v.Ack(int64(e.N))
			return e.N
		}
		synctest.Wait()
		for n := 1; n > 0; { // the fast one goes on as far as it can
			n = draw(fast)
			fastGot += n
			synctest.Wait()
		}
		if fastGot < room-tailSize || fastGot > room+tailSize {
			t.Errorf("beside one that does not draw the other came to %d bytes, with room for %d", fastGot, room)
		}
		var got []byte
		for len(got) < len(all) {
			e, ok := slow.Next(buf)
			if !ok {
				t.Fatalf("the slow one gets no more than %d bytes", len(got))
			}
			got = append(got, buf[:e.N]...)
			slow.Ack(int64(e.N))
			time.Sleep(time.Second) // slow, and never still
			draw(fast)
			synctest.Wait()
		}
		if !bytes.Equal(got, all) {
			t.Error("the slow one lost or doubled something")
		}
	})
}

func TestAViewerThatStandsStillIsLetGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		term, s := play(t, 1<<20)
		still, fast := attach(t, term, 0), attach(t, term, 0)
		all := letters(0, 4<<20)
		go s.say(all)
		began := time.Now()
		if got := read(t, fast, len(all)); !bytes.Equal(got, all) {
			t.Error("the other lost or doubled something")
		}
		if waited := time.Since(began); waited != stallPatience {
			t.Errorf("the other waited for %v", waited)
		}
		if e := next(t, still, Gone, make([]byte, 64<<10)); !errors.Is(e.Err, ErrSlow) {
			t.Errorf("it was let go with %v", e.Err)
		}
		if n := term.Info().Viewers; n != 1 {
			t.Errorf("%d viewers are left", n)
		}
	})
}

func TestOneWhoseInputWaitsIsNotWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		term, s := play(t, 0)
		v := attach(t, term, 0)
		s.blocked = make(chan struct{})
		go s.say(letters(0, 3<<20))
		synctest.Wait()
		typed := make(chan error)
		go func() {
			_, err := v.Write([]byte("a long text"))
			typed <- err
		}()
		synctest.Wait()
		// The program may not read its input before its output is taken.
		if now := term.Info().Offset; now != 3<<20 {
			t.Errorf("the program was read to %d bytes", now)
		}
		v.Close()
		if err := <-typed; err == nil {
			t.Error("a viewer that left still typed")
		}
		other := attach(t, term, 0)
		close(s.blocked)
		if n, err := other.Write([]byte("more")); n != 4 || err != nil {
			t.Errorf("then another typed %d bytes, %v", n, err)
		}
		if s.typed.String() != "more" {
			t.Errorf("%q was typed", s.typed.String())
		}
	})
}

func TestTheEndComesAfterTheLastByte(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		term, s := play(t, 0)
		v := attach(t, term, 0)
		all := append(letters(0, 100_000), 0xe2, 0x82) // half a euro
		s.say(all)
		s.end(process.Exit{Code: 3})
		if got := read(t, v, len(all)); !bytes.Equal(got, all) {
			t.Error("not all that was said came")
		}
		if e := next(t, v, Exited, nil); e.Exit.Code != 3 || e.Exit.Signal != "" {
			t.Errorf("it ended with %+v", e.Exit)
		}
		nothing(t, v)
		late := attach(t, term, Oldest)
		if got := read(t, late, len(all)); !bytes.Equal(got, all) {
			t.Error("one that came after the end did not get all")
		}
		next(t, late, Exited, nil)
	})
}

func TestWhatIsSaidOfAnEndIsInTheRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		term, s := play(t, 0)
		v := attach(t, term, 0)
		s.say([]byte("working"))
		if goesOn := term.End("stopped at 310 MB"); goesOn {
			t.Error("a program without children goes on after it was ended")
		}
		<-term.Over()
		got := string(read(t, v, 20))
		if want := "working\r\n\x1b[0;33m[stopped at 310 MB]\x1b[0m\r\n"; got != want {
			t.Errorf("the terminal shows %q, want %q", got, want)
		}
		if e := next(t, v, Exited, nil); e.Exit.Signal != "KILL" || e.Exit.Reason != "stopped at 310 MB" {
			t.Errorf("it ended with %+v", e.Exit)
		}
	})
}

func TestSizesAndNoticesAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		term, s := play(t, 0)
		a, b := attach(t, term, 0), attach(t, term, 0)
		if err := a.Resize(Size{100, 30}); err != nil {
			t.Fatal(err)
		}
		nothing(t, a)
		if e := next(t, b, Resized, nil); e.Size != (Size{100, 30}) || s.size != e.Size {
			t.Errorf("the other was told %v, and the program %v", e.Size, s.size)
		}
		for _, bad := range []Size{{0, 24}, {80, -1}, {MaxSize + 1, 24}} {
			if err := a.Resize(bad); !errors.Is(err, ErrSize) {
				t.Errorf("%v: %v", bad, err)
			}
		}
		for range 100 {
			term.Notice("look")
		}
		for range maxNotices {
			if e := next(t, a, Noticed, nil); e.Text != "look" {
				t.Errorf("%q was told", e.Text)
			}
		}
		nothing(t, a)
	})
}

func TestADeletedTerminalLetsGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		term, s := play(t, 1<<20)
		v := attach(t, term, 0)
		go s.say(letters(0, 3<<20)) // it waits for the viewer
		synctest.Wait()
		term.close(ErrDeleted)
		<-term.Over()
		if e := next(t, v, Gone, nil); !errors.Is(e.Err, ErrDeleted) {
			t.Errorf("its viewer was let go with %v", e.Err)
		}
		if _, err := term.Attach(0, nil); !errors.Is(err, ErrDeleted) {
			t.Errorf("another could still look: %v", err)
		}
	})
}
